package input

import (
	"bufio"
	"fmt"
)

// MaxLine is the most bytes of a line that are read: 16 MiB.
const MaxLine = 1 << 24

// ReadLine returns the next line with its end, as [bufio.Reader.ReadBytes] does, and refuses one
// beyond MaxLine: a file of zeros is a single line. The line holds until the next one is read.
func ReadLine(in *bufio.Reader) ([]byte, error) {
	var line []byte

	for {
		part, err := in.ReadSlice('\n')
		if line == nil && err != bufio.ErrBufferFull {
			return part, err
		}

		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, fmt.Errorf("it has more than the %d bytes of a line that are read",
				MaxLine)
		}

		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}
