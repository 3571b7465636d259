package dataset

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"
	"golang.org/x/text/encoding/unicode"
	"gonum.org/v1/gonum/mat"
)

// regressionOf loads two files as a regression.
func regressionOf(t *testing.T, train, test string, change func(*Config)) (*Dataset, error) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "train.csv", []byte(train))
	c := Config{Name: "csv", Options: DefaultOptions()}
	c.Options.Path, c.Options.Train, c.Options.Regression = dir, "train.csv", true
	if test != "" {
		writeFile(t, dir, "test.csv", []byte(test))
		c.Options.Test = "test.csv"
	}
	if change != nil {
		change(&c)
	}
	return c.Load()
}

const (
	regressionRows  = "a,power,b,wear\n1,10,2,0.1\n3,20,4,0.3\n5,60,6,0.2\n"
	regressionTests = "a,power,b,wear\n7,40,8,0.5\n"
)

func bothTargets(c *Config) { c.Options.Targets = "wear, power" }

// TestTargetsInEveryWriting reads the same numbers from every way of writing a table. Targets come
// in the requested order, not in the order of the columns.
func TestTargetsInEveryWriting(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(regressionRows)
	if err != nil {
		t.Fatal(err)
	}

	european := strings.ReplaceAll(strings.ReplaceAll(regressionRows, ",", ";"), ".", ",")
	for name, content := range map[string]string{
		"plain": regressionRows, "CRLF": strings.ReplaceAll(regressionRows, "\n", "\r\n"), "UTF-16": utf16,
		"byte-order mark": mark + regressionRows, "decimal commas": european,
	} {
		d, err := regressionOf(t, content, regressionTests, bothTargets)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}

		if !slices.Equal(d.Targets, []string{"wear", "power"}) || !slices.Equal(d.Features, []string{"a", "b"}) ||
			d.Outputs() != 2 || d.Classes != 0 || d.Train.Labels != nil {
			t.Errorf("%s: targets %v, features %v, %d outputs", name, d.Targets, d.Features, d.Outputs())
		}

		// The mean and the standard deviation of the training points are used for the test points
		// too.
		s := d.TargetScale
		checkNear(t, name+": mean", s.Mean, []float64{0.2, 30}, roundingTolerance)
		checkNear(t, name+": std", s.Std, []float64{math.Sqrt(0.02 / 3), math.Sqrt(1400. / 3)}, 1e-13)
		checkNear(t, name+": test", d.Test.Y.RawRowView(0), []float64{0.3 / s.Std[0], 10 / s.Std[1]}, 1e-13)
		sums := make([]float64, 2)
		for i := range d.Train.Len() {
			for k, v := range d.Train.Y.RawRowView(i) {
				sums[k] += v
			}
		}

		checkNear(t, name+": sums", sums, []float64{0, 0}, 1e-13)
	}
}

// TestTargetsFollowTheirPoints checks that points keep their targets when a subset is drawn and
// points are held out.
func TestTargetsFollowTheirPoints(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("x,label\n")
	for _, v := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		rows.WriteString(v + "," + v + "\n")
	}

	d, err := regressionOf(t, rows.String(), "", func(c *Config) {
		c.Preparation.Permute, c.Preparation.TrainSize, c.Options.TestFraction = true, 5, 0.3
	})
	if err != nil || d.Train.Len() != 5 || d.Test.Len() != 3 {
		t.Fatalf("%v", err)
	}

	for _, s := range []Split{d.Train, d.Test} {
		for i := range s.Len() {
			got := s.Y.At(i, 0)*d.TargetScale.Std[0] + d.TargetScale.Mean[0]
			if math.Abs(got-s.X.At(i, 0)) > 1e-12 {
				t.Errorf("the target of %v is %v", s.X.At(i, 0), got)
			}
		}
	}
}

// TestTargetsThatAreNone checks that invalid targets are errors that name their place.
func TestTargetsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name, train, test, want string
		change                  func(*Config)
	}{
		{"empty cell", "a,label\n1,2\n2,\n", "", "line 3", nil},
		{"text", "a,label\n1,2\n2,high\n", "", "line 3", nil},
		{"NaN", "a,label\n1,2\n2,nan\n", "", "line 3", nil},
		{"no header", "1,2\n2,3.5\n", "", "line 1: numbers", nil},
		{"no such column", regressionRows, "", `there is no target column "label": data.label`, nil},
		{"no such target", regressionRows, "", `there is no target column "flow": data.targets`,
			func(c *Config) { c.Options.Targets = "power,flow" }},
		{"target twice", regressionRows, "", `targets: "power" is named twice`,
			func(c *Config) { c.Options.Targets = "power,power" }},
		{"one point", "a,label\n1,2\n", "", "only one point", nil},
		{"constant target", "a,label\n1,2\n2,2\n3,2\n", "", `target "label" is 2 at all training points`, nil},
		{"beyond float64", "a,label\n1,1e308\n2,-1e308\n3,1e308\n", "a,label\n1,2\n", `target "label" has the mean`, nil},
		{"test without target", regressionRows, "a,power,b\n1,2,3\n", `no target column "wear"`, bothTargets},
	} {
		_, err := regressionOf(t, c.train, c.test, c.change)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestTargetArrays reads targets from npz files: a vector or a matrix of finite numbers.
func TestTargetArrays(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6})
	for _, c := range []struct {
		name  string
		y     any
		width int
		want  string
	}{
		{"vector", []float64{0.5, 1.5, 4}, 1, ""},
		{"matrix", mat.NewDense(3, 2, []float64{1, 10, 2, 30, 3, 20}), 2, ""},
		{"too few", []float64{1, 2}, 0, "want one row of targets for each of the 3 points"},
		{"NaN", []float64{1, math.NaN(), 3}, 0, "y holds NaN in point 1"},
	} {
		path := filepath.Join(t.TempDir(), "own.npz")
		err := npz.Write(path, map[string]any{"x.npy": x, "y.npy": c.y})
		if err != nil {
			t.Fatal(err)
		}

		o := DefaultOptions()
		o.Path, o.Train, o.Regression = filepath.Dir(path), "own.npz", true
		d, err := Load("npz", o)

		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.want)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case d.Outputs() != c.width:
			t.Errorf("%s: %d outputs, want %d", c.name, d.Outputs(), c.width)
		}
	}
}
