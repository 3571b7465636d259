package npy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/input"
)

// zipped returns an archive of members, given by name and contents.
func zipped(t testing.TB, members ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)

	for _, m := range members {
		w, err := z.Create(m[0])
		if err == nil {
			_, err = io.WriteString(w, m[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	one := string(file(t, []float64{1, 2, 3}))
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := os.WriteFile(path, zipped(t, [2]string{"x.npy", one}), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	x, err := a.Array("x")
	if err != nil || len(x.Values) != 3 {
		t.Errorf("%v, %v", x, err)
	}
	if _, err = a.Array("y"); err == nil || !strings.Contains(err.Error(), `no array "y", only "x"`) {
		t.Errorf("error %v", err)
	}
}

func TestArrayOfAnEmptyArchive(t *testing.T) {
	a, err := ParseArchive(zipped(t))
	if err != nil {
		t.Fatal(err)
	}

	_, err = a.Array("x")
	if err == nil || err.Error() != "it holds no arrays at all" {
		t.Errorf("error %v", err)
	}
}

func TestArchiveRefuses(t *testing.T) {
	one := string(file(t, []float64{1}))
	for words, b := range map[string][]byte{
		`two arrays named "x"`:       zipped(t, [2]string{"x.npy", one}, [2]string{"x.npy", one}),
		`"a/data.pkl", which is not`: zipped(t, [2]string{"a/data.pkl", one}),
		"not a valid zip file":       []byte("PK"),
		"cut short":                  {},
		"a single array":             []byte(one),
	} {
		if _, err := ParseArchive(b); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %s", err, words)
		}
	}
}

func TestEncryptedArraysAreRefused(t *testing.T) {
	b := zipped(t, [2]string{"x.npy", string(file(t, []float64{1}))})
	central := bytes.Index(b, []byte("PK\x01\x02"))
	b[central+8] |= 1

	a, err := ParseArchive(b)
	if err != nil {
		t.Fatal(err)
	}

	_, err = a.Array("x")
	if err == nil || !strings.Contains(err.Error(), `array "x" is encrypted`) {
		t.Errorf("error %v", err)
	}
}

// TestUnpackingTakesTheStatedMemory reads a million zeros, compressed to a few kB, as bytes and as
// float64. The result takes 8 bytes for each.
func TestUnpackingTakesTheStatedMemory(t *testing.T) {
	for kind, numbers := range map[string]int{"|u1": 1 << 20, "<f8": 1 << 20} {
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }\n", kind, numbers)
		fmt.Fprintf(w, "%s\x01\x00%c\x00%s", magic, rune(len(header)), header)
		size := kinds[kind[1:]].Size

		for range numbers * size >> 16 {
			w.Write(make([]byte, 1<<16))
		}
		w.Close()

		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := Read(flate.NewReader(&packed))
		runtime.ReadMemStats(&after)
		if err != nil || len(a.Values) != numbers {
			t.Fatal(err)
		}
		// Growing the slice allocates at most twice what is kept.
		taken, kept := after.TotalAlloc-before.TotalAlloc, uint64(8*numbers)
		if taken > 2*kept+2<<20 {
			t.Errorf("%s: %d bytes for numbers of %d", kind, taken, kept)
		}
	}
}

func TestArraysOfAFileCountTogether(t *testing.T) {
	var quota input.Quota
	content := file(t, []float64{1, 2, 3})
	read := func() error {
		r := bytes.NewReader(content)
		h, err := readHead(r)
		if err != nil {
			return err
		}
		_, err = h.readValues(r, &quota)
		return err
	}

	if err := read(); err != nil {
		t.Fatal(err)
	}
	quota = input.MaxElements - 2
	if err := read(); err == nil || !strings.Contains(err.Error(), "more than the limit of") {
		t.Errorf("error %v", err)
	}
}

// TestArchiveRefusesBombs has an array that claims a gigabyte and holds almost nothing. It is
// refused by its head alone, so nothing after the head is decompressed.
func TestArchiveRefusesBombs(t *testing.T) {
	header := "{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 131072), }\n"
	content := fmt.Sprintf("%s\x01\x00%c\x00%s", magic, rune(len(header)), header) + strings.Repeat("\x00", 1<<20)
	a, err := ParseArchive(zipped(t, [2]string{"x.npy", content}))
	if err != nil {
		t.Fatal(err)
	}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = a.Array("x")
	_, shapeErr := a.Shape("x")
	runtime.ReadMemStats(&after)
	for _, err := range []error{err, shapeErr} {
		if err == nil || !strings.Contains(err.Error(), "decompress to more than") {
			t.Errorf("error %v", err)
		}
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<19 {
		t.Errorf("%d bytes of memory", taken)
	}
}

func TestShape(t *testing.T) {
	a, err := ParseArchive(zipped(t, [2]string{"x.npy", string(file(t, []float64{1, 2, 3}))}))
	if err != nil {
		t.Fatal(err)
	}
	if shape, err := a.Shape("x"); err != nil || len(shape) != 1 || shape[0] != 3 {
		t.Errorf("%v, %v", shape, err)
	}
}
