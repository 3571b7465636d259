package dataset

import (
	"math"
	"testing"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"
)

// The file was written by numpy.savez_compressed: x float32 4×3×2 in Fortran order, y int32,
// x_test big-endian float64, y_test uint8 2×1.
func TestLoadNPZOfNumPy(t *testing.T) {
	o := DefaultOptions()
	o.Path, o.Train = "testdata", "numpy.npz"
	d := load(t, "npz", o)
	if d.Name != "numpy.npz" || d.Classes != 3 {
		t.Errorf("name %q, %d classes", d.Name, d.Classes)
	}
	checkSplit(t, "train", d.Train, [][]float64{
		{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}, {12, 13, 14, 15, 16, 17}, {18, 19, 20, 21, 22, 23}}, []int{1, 0, 1, 2})
	checkSplit(t, "test", d.Test, [][]float64{{0, 0.25, 0.5, 0.75, 1, 1.25}, {1.5, 1.75, 2, 2.25, 2.5, 2.75}}, []int{2, 1})
}

// npzOptions writes arrays to a file and returns options that read it.
func npzOptions(t *testing.T, arrays map[string]any) Options {
	t.Helper()
	o := DefaultOptions()
	o.Path, o.Train = t.TempDir(), "own.npz"
	files := map[string]any{}
	for key, a := range arrays {
		files[key+".npy"] = a
	}
	if err := npz.Write(o.Path+"/own.npz", files); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLoadNPZWithOtherKeysHoldsOut(t *testing.T) {
	o := npzOptions(t, map[string]any{"inputs": []float32{1, 2, 3, 4, 5}, "targets": []int8{0, 1, 0, 1, 0}})
	o.Keys.X, o.Keys.Y = "inputs", "targets"
	d := load(t, "npz", o)
	if d.Train.Len() != 4 || d.Test.Len() != 1 || d.Train.Dim() != 1 {
		t.Fatalf("%d×%d training and %d test points", d.Train.Len(), d.Train.Dim(), d.Test.Len())
	}
	for _, s := range []Split{d.Train, d.Test} {
		for i, label := range s.Labels {
			if want := (int(s.X.At(i, 0)) + 1) % 2; label != want {
				t.Errorf("point %v has label %d, want %d", s.X.At(i, 0), label, want)
			}
		}
	}
}

func TestLoadNPZErrors(t *testing.T) {
	x, y := mat.NewDense(2, 2, []float64{1, 2, 3, 4}), []int64{0, 1}
	for _, c := range []struct {
		name   string
		arrays map[string]any
		words  []string
	}{
		{"no labels", map[string]any{"x": x}, []string{`no array "y"`, `only "x"`, "keys"}},
		{"half a test set", map[string]any{"x": x, "y": y, "x_test": x}, []string{`no array "y_test"`}},
		{"too few labels", map[string]any{"x": x, "y": []int64{0}}, []string{"y has shape [1]", "2 points"}},
		{"one-hot labels", map[string]any{"x": x, "y": x}, []string{"y has shape [2 2]"}},
		{"fractions for labels", map[string]any{"x": x, "y": []float64{0, 0.5}}, []string{"y[1]: 0.5"}},
		{"not finite", map[string]any{"x": []float64{1, math.NaN()}, "y": y}, []string{"x holds NaN in point 1"}},
		{"one class", map[string]any{"x": x, "y": []int64{3, 3}}, []string{`"3"`}},
		{"new label", map[string]any{"x": x, "y": y, "x_test": x, "y_test": []int64{1, 2}}, []string{"y_test[1]", `"2"`}},
		{"other features", map[string]any{"x": x, "y": y, "x_test": []float64{1, 2}, "y_test": y}, []string{"2 features", "test points have 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load("npz", npzOptions(t, c.arrays))
			checkError(t, err, append(c.words, "npz")...)
		})
	}

	o := npzOptions(t, nil)
	o.Train = "missing.npz"
	_, err := Load("npz", o)
	checkError(t, err, o.Path, "missing.npz")
	writeFile(t, o.Path, "own.npz", []byte("not a zip archive"))
	o.Train = "own.npz"
	_, err = Load("npz", o)
	checkError(t, err, "own.npz")
}
