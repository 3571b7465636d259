package dataset

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/npy"
)

// NPZKeys are the names under which an npz file holds its arrays: features of any real or
// integer type, N or N×…, flattened; labels N or N×1 of whole numbers. A file has both test
// arrays or neither. The defaults are the names in the published MNIST-1D file.
type NPZKeys struct {
	X     string `yaml:"x"`      // default "x"
	Y     string `yaml:"y"`      // default "y"
	XTest string `yaml:"x_test"` // default "x_test"
	YTest string `yaml:"y_test"` // default "y_test"
}

// loadNPZ reads the user's arrays. The name of the data set is that of the file.
func loadNPZ(o Options) (*Dataset, error) {
	file := resolve(o.Path, o.Train)
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer z.Close()
	train, test, err := readNPZ(&z.Reader, o.Keys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d, err := assemble(filepath.Base(file), train, test, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// readNPZ reads the training points and, unless the archive has neither of their arrays, the
// test points.
func readNPZ(z *zip.Reader, k NPZKeys) (train, test *labelled, err error) {
	if train, err = readPoints(z, k.X, k.Y); err != nil {
		return nil, nil, err
	}
	if !holds(z, k.XTest) && !holds(z, k.YTest) {
		return train, nil, nil
	}
	if test, err = readPoints(z, k.XTest, k.YTest); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

func holds(z *zip.Reader, key string) bool {
	_, err := fs.Stat(z, key+".npy")
	return err == nil
}

func readPoints(z *zip.Reader, xKey, yKey string) (*labelled, error) {
	x, err := readArray(z, xKey)
	if err != nil {
		return nil, err
	}
	y, err := readArray(z, yKey)
	if err != nil {
		return nil, err
	}
	if len(x.Shape) == 0 || len(x.Values) == 0 {
		return nil, fmt.Errorf("%s has shape %v: it holds no points", xKey, x.Shape)
	}
	n := x.Shape[0]
	if len(y.Values) != n || len(y.Shape) == 0 || y.Shape[0] != n {
		return nil, fmt.Errorf("%s has shape %v: want one label for each of the %d points of %s", yKey, y.Shape, n, xKey)
	}
	for i, v := range x.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s holds %v in point %d", xKey, v, i/(len(x.Values)/n))
		}
	}
	p := &labelled{
		x:      mat.NewDense(n, len(x.Values)/n, x.Values),
		labels: make([]string, n),
		place:  func(i int) string { return fmt.Sprintf("%s[%d]", yKey, i) },
	}
	for i, v := range y.Values {
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return nil, fmt.Errorf("%s: %v is not a whole number", p.place(i), v)
		}
		p.labels[i] = strconv.FormatInt(int64(v), 10)
	}
	return p, nil
}

func readArray(z *zip.Reader, key string) (*npy.Array, error) {
	if !holds(z, key) {
		var keys []string
		for _, f := range z.File {
			keys = append(keys, strings.TrimSuffix(f.Name, ".npy"))
		}
		return nil, fmt.Errorf("there is no array %q, only %q; the option keys names the arrays", key, keys)
	}
	f, err := z.Open(key + ".npy")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := input.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", key, err)
	}
	a, err := npy.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", key, err)
	}
	return a, nil
}
