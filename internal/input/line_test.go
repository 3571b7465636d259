package input

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
)

// ReadLine returns what bufio returns, whether or not the lines fit into the reader's buffer.
func TestReadLine(t *testing.T) {
	text := strings.Join([]string{"", "one", strings.Repeat("long", 100), "", "the last, without an end"}, "\n")
	ours := bufio.NewReaderSize(strings.NewReader(text), 16)
	theirs := bufio.NewReader(strings.NewReader(text))

	for i := range 6 {
		got, err := ReadLine(ours)
		want, wantErr := theirs.ReadBytes('\n')
		if !bytes.Equal(got, want) || err != wantErr {
			t.Errorf("line %d: %q, %v, want %q, %v", i+1, got, err, want, wantErr)
		}
	}
}

// A file of zeros is a single line. No more than about MaxLine is read from an endless one.
func TestReadLineIsBounded(t *testing.T) {
	endless := &zeros{left: 1 << 40}
	_, err := ReadLine(bufio.NewReaderSize(endless, 1<<16))
	if err == nil || err == io.EOF || !strings.Contains(err.Error(), "a line of more than the limit of 16777216 bytes") {
		t.Errorf("error %v", err)
	}

	if endless.taken > MaxLine+1<<17 {
		t.Errorf("%d bytes were read", endless.taken)
	}
}
