package dataset

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Samples are the points of a file in its order, with what else it says of them.
type Samples struct {
	X *mat.Dense // N×D
	// Labels are as written, length N; nil without.
	Labels []string
	// Features are the names of the D columns; nil for an npz file.
	Features []string
}

// defaultLabel is the column of labels that LoadSamples takes unasked.
const defaultLabel = "label"

// LoadSamples reads all points of a file: from a .npz file the arrays called keys.X and, if it is
// there, keys.Y; from any other file a CSV table. Its column label holds the labels and must be
// there; if label is empty, the one called "label" does, if it is there.
func LoadSamples(file, label string, keys NPZKeys) (*Samples, error) {
	load := loadSamplesCSV
	if filepath.Ext(file) == ".npz" {
		load = func(file, _ string) (*Samples, error) { return loadSamplesNPZ(file, keys) }
	}
	s, err := load(file, label)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func loadSamplesCSV(file, label string) (*Samples, error) {
	b, err := readFile(file)
	if err != nil {
		return nil, err
	}
	if label == "" && hasColumn(b, defaultLabel) {
		label = defaultLabel
	}
	t, err := parseCSV(b, label)
	if err != nil {
		return nil, err
	}
	s := &Samples{X: mat.NewDense(len(t.lines), len(t.features), t.values), Features: t.features}
	if label != noLabel {
		s.Labels = t.labels
	}
	return s, nil
}

// hasColumn says whether the header of a CSV table has a column of that name.
func hasColumn(b []byte, name string) bool {
	header, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte(byteOrderMark)))).Read()
	return err == nil && slices.Contains(trimmed(header), name)
}

func loadSamplesNPZ(file string, keys NPZKeys) (*Samples, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	if holds(&z.Reader, keys.Y) {
		p, err := readPoints(&z.Reader, keys.X, keys.Y)
		if err != nil {
			return nil, err
		}
		return &Samples{X: p.x, Labels: p.labels}, nil
	}
	x, err := loadArray(file, keys.X)
	return &Samples{X: x}, err
}
