package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/network"
)

func checkError(t *testing.T, name string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want one with %q", name, words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: error %q lacks %q", name, err, w)
		}
	}
}

// small returns a network with 2 inputs and 3 outputs.
func small() *network.Network { return build(network.ReLU, []int{2, 4, 3}, seeded(5).NormFloat64) }

func TestBadInputIsRefused(t *testing.T) {
	points := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	withOutputActivation := func(name string) *network.Network {
		net := small()
		net.Layers[1].Activation = activation(t, name)
		return net
	}

	broken := small()
	broken.Layers[0].Weight.Set(0, 0, math.NaN())
	nan := mat.NewDense(1, 2, []float64{1, math.NaN()})

	for _, c := range []struct {
		name    string
		net     *network.Network
		data    Data
		options Options
		words   []string
	}{
		{"NaN in the model", broken, Data{X: points}, Options{}, []string{"model m", "layer 1", "NaN"}},
		{"no samples", small(), Data{}, Options{}, []string{"data d", "no samples"}},
		{"wrong width", small(), Data{X: mat.NewDense(1, 3, nil)}, Options{}, []string{"3 features", "2 inputs"}},
		{"wrong width with names", small(), Data{X: mat.NewDense(1, 3, nil), Features: []string{"a", "b", "c"}}, Options{}, []string{`"a", "b", "c"`, "2 inputs"}},
		{"wrong names", small(), Data{X: points, Features: []string{"a"}}, Options{}, []string{"1 names", "2 features"}},
		{"wrong labels", small(), Data{X: points, Labels: []int{1}}, Options{}, []string{"2 samples", "1 labels"}},
		{"NaN in the data", small(), Data{X: nan}, Options{}, []string{"data d", "NaN"}},
		{"radius 0", small(), Data{X: points}, Options{Tolerance: &Tolerance{}}, []string{"tolerance 0", "positive"}},
		{"negative radius", small(), Data{X: points}, Options{Tolerance: &Tolerance{Radius: -1}}, []string{"tolerance -1"}},
		{"NaN radius", small(), Data{X: points}, Options{Tolerance: &Tolerance{Radius: math.NaN()}}, []string{"tolerance NaN"}},
		{"two tolerances", small(), Data{X: points}, Options{Tolerance: &Tolerance{1, []float64{1, 1}}}, []string{"not both"}},
		{"short tolerance", small(), Data{X: points}, Options{Tolerance: &Tolerance{Each: []float64{1}}}, []string{"1 numbers", "2 features"}},
		{"negative tolerance", small(), Data{X: points}, Options{Tolerance: &Tolerance{Each: []float64{1, -1}}}, []string{"feature 2", "-1"}},
		{"no tolerance", small(), Data{X: points}, Options{Tolerance: &Tolerance{Each: []float64{0, 0}}}, []string{"every feature"}},
		{"short scale", small(), Data{X: points}, Options{Scale: &Scale{[]float64{0}, []float64{1, 1}}}, []string{"1 means", "2 features"}},
		{"no deviation", small(), Data{X: points}, Options{Scale: &Scale{[]float64{0, 0}, []float64{1, 0}}}, []string{"feature 2", "0", "positive"}},
		{"infinite mean", small(), Data{X: points}, Options{Scale: &Scale{[]float64{math.Inf(1), 0}, []float64{1, 1}}}, []string{"mean of feature 1", "finite"}},
		{"tiny deviation", small(), Data{X: points}, Options{Scale: &Scale{[]float64{0, 0}, []float64{1e-308, 1e-308}}}, []string{"too large for its scale"}},
		{"row 0", small(), Data{X: points}, Options{Rows: []int{0}}, []string{"row 0", "1 to 2"}},
		{"row 3", small(), Data{X: points}, Options{Rows: []int{3}}, []string{"row 3", "1 to 2"}},
		{"negative samples", small(), Data{X: points}, Options{Samples: -1}, []string{"-1 samples"}},
		{"relu classes", withOutputActivation("relu"), Data{X: points}, Options{Task: Classification}, []string{"relu", "regression"}},
		{"flips without tolerance", small(), Data{X: points}, Options{Thresholds: Thresholds{"flips_found": {0, 0}}}, []string{"flips_found", "tolerance"}},
		{"accuracy without labels", small(), Data{X: points}, Options{Thresholds: Thresholds{"accuracy": {1, 1}}}, []string{"accuracy", "labels"}},
	} {
		c.data.Source = "d"
		_, err := Run(background, Model{Net: c.net, File: "m", Names: []string{"a", "b"}}, c.data, c.options)
		checkError(t, c.name, err, c.words...)
	}
}

func TestNamesOfLayersMayBeLeftOutButNotMistaken(t *testing.T) {
	data := Data{X: mat.NewDense(1, 2, []float64{1, 2})}
	r := must[*report.Report](t)(Run(background, Model{Net: small()}, data, Options{}))
	if len(r.Layers) != 2 || strings.Contains(strings.Join(r.Summary, ""), "()") {
		t.Errorf("layers %+v, summary %q", r.Layers, r.Summary)
	}
	_, err := Run(background, Model{Net: small(), Names: []string{"a"}}, data, Options{})
	checkError(t, "one name", err, "1 names", "2 layers")
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	o := Options{Progress: func(string) { cancel() }}
	_, err := Run(ctx, Model{Net: small(), Names: []string{"a", "b"}}, Data{X: mat.NewDense(1, 2, []float64{1, 2})}, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestSamplesAreDrawnInOrderWithTheRowsAskedFor(t *testing.T) {
	x := mat.NewDense(100, 2, nil)
	for _, c := range []struct {
		samples, want int
		rows          []int
	}{{0, 100, nil}, {10, 10, nil}, {500, 100, nil}, {10, 10, []int{7, 100}}, {1, 2, []int{7, 100}}} {
		got := must[[]int](t)(Options{Samples: c.samples, Rows: c.rows}.sampleRows(x))
		if len(got) != c.want || !slices.IsSorted(got) {
			t.Errorf("%d samples: %v", c.samples, got)
		}
		for _, r := range c.rows {
			if !slices.Contains(got, r-1) {
				t.Errorf("%d samples: row %d is not among %v", c.samples, r, got)
			}
		}
	}

	a, b := must[[]int](t)(Options{Samples: 10}.sampleRows(x)), must[[]int](t)(Options{Samples: 10, Seed: 1}.sampleRows(x))
	if slices.Equal(a, b) {
		t.Error("another seed draws the same samples")
	}
}

const scaleFile = "\ufefffeature, mean ,std,unit\nb,1,2,K\na,3,4,Pa\n"

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadScale(t *testing.T) {
	for _, c := range []struct {
		content   string
		features  []string
		mean, std []float64
	}{
		{scaleFile, []string{"a", "b"}, []float64{3, 1}, []float64{4, 2}},
		{scaleFile, nil, []float64{1, 3}, []float64{2, 4}}, // names unknown: in the order of the rows
		{"std;mean\n2,0;1\n4;3,0\n", nil, []float64{1, 3}, []float64{2, 4}},
		{"std,mean\n2,1\n4,3\n", []string{"a", "b"}, []float64{1, 3}, []float64{2, 4}},
		{scaleFile + "c,0,1,\n", []string{"a", "b"}, []float64{3, 1}, []float64{4, 2}},
	} {
		s := must[*Scale](t)(ReadScale(write(t, "scale.csv", c.content), c.features, 2))
		if !slices.Equal(s.Mean, c.mean) || !slices.Equal(s.Std, c.std) {
			t.Errorf("%q: %+v", c.content, s)
		}
	}

	tolerance := must[*Tolerance](t)(ReadTolerance(write(t, "t.csv", "tolerance\n0.5\n0\n"), nil, 2))
	if !slices.Equal(tolerance.Each, []float64{0.5, 0}) {
		t.Errorf("tolerance %+v", tolerance)
	}
}

func TestReadFeaturesErrors(t *testing.T) {
	for _, c := range []struct {
		name, content string
		words         []string
	}{
		{"empty", "", []string{"no header"}},
		{"column twice", "mean,std,mean\n1,2,3\n", []string{`two columns are named "mean"`}},
		{"not finite", "mean,std\nNaN,2\n", []string{"line 2", "NaN"}},
		{"no such column", "feature,mean\na,1\nb,2\n", []string{`"std"`, `"feature", "mean"`}},
		{"not a number", "feature,mean,std\na,1,2\nb,x,2\n", []string{"line 3, column 2 (mean)", `"x"`}},
		{"missing feature", "feature,mean,std\na,1,2\nc,1,2\n", []string{`feature "b"`}},
		{"feature twice", "feature,mean,std\na,1,2\na,1,2\n", []string{"row 2", `"a"`, "twice"}},
		{"too few rows", "mean,std\n1,2\n", []string{"1 rows", "2 features"}},
		{"ragged", "mean,std\n1,2\n1\n", []string{"line 3"}},
	} {
		path := write(t, "scale.csv", c.content)
		_, err := ReadScale(path, []string{"a", "b"}, 2)
		checkError(t, c.name, err, append(c.words, path)...)
	}

	_, err := ReadTolerance("missing.csv", nil, 1)
	checkError(t, "missing", err, "missing.csv")
}

func FuzzParseFeatures(f *testing.F) {
	f.Add([]byte(scaleFile))
	f.Add([]byte("mean,std\n1,2\n4,3\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		columns, err := parseFeatures(bytes.NewReader(b), []string{"a", "b"}, 2, []string{"mean", "std"})
		if err == nil && (len(columns) != 2 || len(columns[0]) != 2 || len(columns[1]) != 2) {
			t.Errorf("%q gives %v", b, columns)
		}
	})
}

// Numbers beyond the range of float64 are refused or reported as such, without a panic and as valid
// JSON. All other results equal those of a network of size 1.
func TestNetworksOfAnySize(t *testing.T) {
	for _, scale := range []float64{1e-300, 1e-150, 1e150, 1e300} {
		for _, name := range []string{"relu", "tanh"} {
			net := build(activation(t, name), []int{3, 5, 4, 2}, seeded(9).NormFloat64)
			for i := range net.Layers {
				net.Layers[i].Weight.Scale(scale, net.Layers[i].Weight)
			}
			data, o := Data{X: randomPoints(seeded(1), 9, 3)}, Options{Tolerance: &Tolerance{Radius: 0.1}}
			if name == "relu" && scale > 1 {
				_, err := Run(background, Model{Net: net, File: "m"}, data, o)
				checkError(t, "outputs beyond float64", err, "m at row 1", "beyond float64")
				continue
			}

			r := runOf(t, net, data, o)
			if r.Lipschitz.Lower > r.Lipschitz.Upper || r.Change.Seen > r.Change.Possible {
				t.Errorf("%s of size %g: %+v, %+v", name, scale, r.Lipschitz, r.Change)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("%s of size %g: %v", name, scale, err)
			}
		}
	}
}

// The same audit gives the same report, except for times, on any number of processors.
func TestReportsAreDeterministic(t *testing.T) {
	net, data := build(activation(t, "gelu"), []int{6, 9, 7, 4}, seeded(4).NormFloat64), Data{X: randomPoints(seeded(2), 300, 6)}
	o := Options{Tolerance: &Tolerance{Radius: 0.2}, Samples: 200}
	timeless := func() string {
		r := runOf(t, net, data, o)
		for i := range r.Lipschitz.Methods {
			r.Lipschitz.Methods[i].Seconds, r.Lipschitz.Methods[i].Allocated = nil, nil
		}
		return string(must[[]byte](t)(json.Marshal(r)))
	}

	first := timeless()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	if timeless() != first {
		t.Error("two reports of one audit differ")
	}
}
