package dataset

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"
)

func TestLoadSamplesCSV(t *testing.T) {
	labelled := "length, species ,width\n5.1,setosa,3.5\n7e0,versicolor,-3.2\n"
	plain := "length,width\n5.1,3.5\n7,-3.2\n"
	for _, c := range []struct {
		name, content, label string
		labels               []string
	}{
		{"named label", labelled, "species", []string{"setosa", "versicolor"}},
		{"default label", "length,width,label\n5.1,3.5,b\n7,-3.2,a\n", "", []string{"b", "a"}},
		{"no label", byteOrderMark + plain, "", nil},
		{"index without a name", ",length,width\n0,5.1,3.5\n1,7,-3.2\n", "", nil},
	} {
		path := writeFile(t, t.TempDir(), "own.csv", []byte(c.content))
		s, err := LoadSamples(path, c.label, NPZKeys{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !slices.Equal(s.Labels, c.labels) || !slices.Equal(s.Features, []string{"length", "width"}) {
			t.Errorf("%s: labels %q, features %q", c.name, s.Labels, s.Features)
		}
		if !mat.Equal(s.X, mat.NewDense(2, 2, []float64{5.1, 3.5, 7, -3.2})) {
			t.Errorf("%s: points %v", c.name, s.X)
		}
	}
}

func TestLoadSamplesNPZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.npz")
	err := npz.Write(path, map[string]any{"x.npy": mat.NewDense(2, 2, []float64{1, 2, 3, 4}), "y.npy": []int64{7, 5}, "z.npy": []float64{0.5, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for key, labels := range map[string][]string{"y": {"7", "5"}, "absent": nil, "": nil} {
		s, err := LoadSamples(path, "", NPZKeys{X: "x", Y: key})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Labels, labels) || s.Features != nil || s.X.At(1, 0) != 3 {
			t.Errorf("labels %q from %q: %+v", labels, key, s)
		}
	}
	_, err = LoadSamples(path, "", NPZKeys{X: "x", Y: "z"})
	checkError(t, err, "own.npz", "z[0]", "0.5")
	_, err = LoadSamples(path, "", NPZKeys{X: "features"})
	checkError(t, err, `"features"`, `"x"`)
}

func TestLoadSamplesErrors(t *testing.T) {
	for _, c := range []struct {
		content, label string
		words          []string
	}{
		{"a,b\n1,2\n", "species", []string{`"species"`, `"a" "b"`}},
		{"a,b\n1,x\n", "", []string{"line 2", "(b)", `"x"`}},
		{"a,b\n", "", []string{"no rows"}},
		{"", "", []string{"no header"}},
	} {
		path := writeFile(t, t.TempDir(), "own.csv", []byte(c.content))
		_, err := LoadSamples(path, c.label, NPZKeys{})
		checkError(t, err, append(c.words, path)...)
	}
	_, err := LoadSamples(filepath.Join(t.TempDir(), "missing.csv"), "", NPZKeys{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
