package input

import (
	"bufio"
	"fmt"
)

// MaxLine is the maximum length of a line in bytes: 16 MiB.
const MaxLine = 1 << 24

// ReadLine returns the next line including its end, as [bufio.Reader.ReadBytes] does. It refuses a
// line longer than MaxLine, since a file of zeros is a single line. The line is valid until the
// next read.
func ReadLine(in *bufio.Reader) ([]byte, error) {
	var line []byte

	for {
		part, err := in.ReadSlice('\n')
		if line == nil && err != bufio.ErrBufferFull {
			return part, err
		}

		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, fmt.Errorf("it has a line of more than the limit of %d bytes",
				MaxLine)
		}

		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}
