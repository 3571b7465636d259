package input

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestElements(t *testing.T) {
	for _, c := range []struct {
		shape []int
		n     int
		ok    bool
	}{
		{nil, 1, true},
		{[]int{3, 4, 5}, 60, true},
		{[]int{0}, 0, true},
		{[]int{MaxElements}, MaxElements, true},
		{[]int{MaxElements, 2}, 0, false},
		{[]int{MaxElements + 1}, 0, false},
		{[]int{-1}, 0, false},
		{[]int{-2, -2}, 0, false},
		{[]int{math.MaxInt, math.MaxInt, 4}, 0, false}, // wraps to a small number
	} {
		if n, ok := Elements(c.shape); n != c.n || ok != c.ok {
			t.Errorf("Elements(%v) = %d, %v; want %d, %v", c.shape, n, ok, c.n, c.ok)
		}
	}
}

func TestReadAll(t *testing.T) {
	b, err := ReadAll(strings.NewReader("all of it"))
	if err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadAll(io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("no error from a reader that breaks")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	for path, words := range map[string]string{
		fifo:                             "not a regular file (p",
		os.DevNull:                       "not a regular file",
		t.TempDir():                      "is a folder",
		filepath.Join(t.TempDir(), "no"): "no such file",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Open: error %v, want %q", err, words)
		}
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ReadFile: error %v, want %q", err, words)
		}
		if _, err := ReadText(path); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ReadText: error %v, want %q", err, words)
		}
		if _, err := ReadTextIn(os.DirFS("/"), path[1:]); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ReadTextIn: error %v, want %q", err, words)
		}
		if _, err := OpenToWrite(path, 0); err == nil || path == fifo && !strings.Contains(err.Error(), words) {
			t.Errorf("OpenToWrite: error %v, want %q", err, words)
		}
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("all of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := ReadFile(path)
	if err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}

	b, err = ReadText(path)
	if err != nil || string(b) != "all of it" {
		t.Errorf("text %q, %v", b, err)
	}

	if err := os.Truncate(path, MaxText+1); err != nil { // a sparse file takes no space on disk
		t.Skip(err)
	}

	if _, err := ReadText(path); err == nil || !strings.Contains(err.Error(), "more than the limit of 67108864 bytes") {
		t.Errorf("error %v of text that is too large", err)
	}

	if err := os.Truncate(path, MaxBytes+1); err != nil {
		t.Skip(err)
	}

	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error %v of a file that is too large", err)
	}
}

func TestOpenToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for range 2 {
		f, err := OpenToWrite(path, os.O_CREATE|os.O_APPEND)
		if err == nil {
			_, err = f.WriteString("line\n")
		}
		if err != nil || f.Close() != nil {
			t.Fatal(err)
		}
	}

	if b, err := os.ReadFile(path); err != nil || string(b) != "line\nline\n" {
		t.Errorf("%q, %v", b, err)
	}
}
