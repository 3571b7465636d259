package dataset

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// roundingTolerance is the tolerance for numbers of order 1 that two programs compute in float64 by
// formulas that differ only in the order of a few operations.
const roundingTolerance = 1e-14

// mark is the byte order mark in UTF-8.
const mark = "\ufeff"

// writeFile writes b below dir, compressed if the name ends in .gz.
func writeFile(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if strings.HasSuffix(name, ".gz") {
		b = packed(t, b)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, b []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// checkSplit compares a split with the expected points and labels.
func checkSplit(t *testing.T, what string, s Split, points [][]float64, labels []int) {
	t.Helper()
	if !slices.Equal(s.Labels, labels) {
		t.Errorf("%s: labels %v, want %v", what, s.Labels, labels)
	}
	if s.X == nil || s.X.RawMatrix().Rows != len(points) {
		t.Fatalf("%s: want %d points, got %v", what, len(points), s.X)
	}
	for i, want := range points {
		checkNear(t, what, s.X.RawRowView(i), want, roundingTolerance)
	}
}

func checkNear(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// checkError fails the test unless err mentions all the words.
func checkError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that mentions %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not mention %q", err, w)
		}
	}
}

func load(t *testing.T, name string, o Options) *Dataset {
	t.Helper()
	d, err := Load(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
