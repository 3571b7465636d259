package dataset

import (
	"archive/zip"
	"fmt"
	"math"
	"path/filepath"

	"gonum.org/v1/gonum/mat"
)

// LoadPoints reads points without their labels, N×D: from a .npz file the array called key, from
// any other file a CSV table, all columns of which are features but the label's, if it has one.
func LoadPoints(file, label, key string) (*mat.Dense, error) {
	if filepath.Ext(file) == ".npz" {
		return loadArray(file, key)
	}
	b, err := readFile(file)
	if err != nil {
		return nil, err
	}
	t, err := parseCSV(b, label)
	if err != nil {
		if t, err = parseCSV(b, noLabel); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return mat.NewDense(len(t.lines), len(t.features), t.values), nil
}

func loadArray(file, key string) (*mat.Dense, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer z.Close()
	x, err := readArray(&z.Reader, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(x.Shape) == 0 || len(x.Values) == 0 {
		return nil, fmt.Errorf("%s: %s has shape %v: it holds no points", file, key, x.Shape)
	}
	for i, v := range x.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s: %s holds %v as its value %d", file, key, v, i)
		}
	}
	return mat.NewDense(x.Shape[0], len(x.Values)/x.Shape[0], x.Values), nil
}
