package audit

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
)

// Along one input a ReLU network is piecewise linear with known kinks, so the constant of any
// combination of outputs within any radius is known. In balls and in boxes, the enclosure contains
// it, is tight, and grows with the radius.
func TestLocalConstantsAlongOneInput(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	net := &network.Network{Layers: []network.Layer{
		{Weight: gaussian(r, 10, 3), Bias: gaussian(r, 1, 10).RawRowView(0), Activation: network.ReLU},
		{Weight: gaussian(r, 3, 10), Bias: []float64{1, 2, 3}},
	}}
	x := gaussian(r, 4, 3)
	combinations := map[string][]float64{"b": {0, 1, 0}, "c-a": {-1, 0, 1}, "0-x": {1, 0, 0}}

	for _, shape := range []string{tracker.Ball, tracker.Box} {
		o := Options{Rows: []int{2, 4}, Local: LocalOptions{
			Radii: []float64{3, 0.01, 0.3}, Shape: shape, Inputs: []string{"q"}, Outputs: []string{"b", "c-a", "0-x"},
		}}
		d := Data{X: x, Features: []string{"p", "q", "s"}, Classes: []string{"0-x", "b", "c"}}
		if shape == tracker.Ball {
			d.Classes = []string{"a", "b", "c"}
			o.Local.Outputs[2] = "a"
			combinations["a"] = combinations["0-x"]
		} else {
			o.Local.Outputs[1] = "c-0-x" // a difference with a name that contains a minus itself
			combinations["c-0-x"] = combinations["c-a"]
		}

		report, err := Run(context.Background(), Model{Net: net}, d, o)
		if err != nil {
			t.Fatal(err)
		}

		if got := len(report.Local.Constants); got != 3*2*3 {
			t.Fatalf("%d constants", got)
		}

		for _, c := range report.Local.Constants {
			want := constantAlong(net, x.RawRowView(c.Row-1), 1, float64(c.Radius), combinations[c.Outputs])
			if !(float64(c.Lower) <= want*(1+1e-12) && want <= float64(c.Upper)*(1+1e-12)) ||
				float64(c.Upper) > want*1.0011 {
				t.Errorf("%s, %+v: it is %g", shape, c, want)
			}
		}
	}
}

// gaussian returns a matrix of normally distributed numbers.
func gaussian(r *rand.Rand, rows, cols int) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	m.Apply(func(int, int, float64) float64 { return r.NormFloat64() }, m)
	return m
}

// constantAlong returns the largest slope of a combination of the outputs of a network with one
// hidden ReLU layer while one input moves by at most radius from x.
func constantAlong(net *network.Network, x []float64, which int, radius float64, combination []float64) float64 {
	w, v := net.Layers[0].Weight, net.Layers[1].Weight
	units, _ := w.Dims()
	at := func(j int) float64 { return mat.Dot(w.RowView(j), mat.NewVecDense(len(x), x)) + net.Layers[0].Bias[j] }

	kinks := []float64{-radius, radius}
	for j := range units {
		if k := -at(j) / w.At(j, which); math.Abs(k) < radius {
			kinks = append(kinks, k)
		}
	}
	slices.Sort(kinks)

	largest := 0.0
	for i := range len(kinks) - 1 {
		middle, slope := (kinks[i]+kinks[i+1])/2, 0.0
		for k, c := range combination {
			for j := range units {
				if at(j)+w.At(j, which)*middle > 0 {
					slope += c * v.At(k, j) * w.At(j, which)
				}
			}
		}
		largest = max(largest, math.Abs(slope))
	}
	return largest
}

func TestLocalRefusals(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	net := &network.Network{Layers: []network.Layer{
		{Weight: gaussian(r, 4, 2), Activation: network.ReLU}, {Weight: gaussian(r, 2, 4)},
	}}
	for want, o := range map[string]LocalOptions{
		"radius":     {Radii: []float64{0}},
		"shape":      {Radii: []float64{1}, Shape: "cube"},
		"no input":   {Radii: []float64{1}, Inputs: []string{"x3"}},
		"twice":      {Radii: []float64{1}, Inputs: []string{"x1", "x1"}},
		"an output":  {Radii: []float64{1}, Outputs: []string{"7"}},
		"difference": {Radii: []float64{1}, Outputs: []string{"1-1"}},
	} {
		_, err := Run(context.Background(), Model{Net: net}, Data{X: gaussian(r, 5, 2)}, Options{Local: o})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
