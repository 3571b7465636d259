package audit

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// netOf returns a network of matrices given by their rows, with an activation on the hidden layers.
func netOf(a network.Activation, biases [][]float64, weights ...*mat.Dense) *network.Network {
	net := &network.Network{}
	for i, w := range weights {
		l := network.Layer{Weight: w}
		if i < len(biases) {
			l.Bias = biases[i]
		}
		if i < len(weights)-1 {
			l.Activation = a
		}
		net.Layers = append(net.Layers, l)
	}
	return net
}

// The case flips-lost: near the boundary, outputs of size 1e11 differ by less than their rounding
// errors; at the tolerance they differ by 10 and more. Every sample flips.
func TestFlipsAreConfirmedFartherOut(t *testing.T) {
	const origin = 1e11
	net := netOf(network.Identity, [][]float64{{-origin, 0.5}}, mat.NewDense(2, 1, []float64{1, 0}))
	data := Data{Source: "clock", X: mat.NewDense(4, 1, []float64{origin + 10, origin + 5, origin + 3, origin + 20 - 0.5})}
	r, err := Run(background, Model{Net: net, File: "clock"}, data, Options{Tolerance: &Tolerance{Radius: 20}})
	if err != nil {
		t.Fatal(err)
	}
	if at := r.Decisions.At; at.Flipped != 1 || r.Verdict != report.Fail {
		t.Errorf("%g of the decisions flip, verdict %s; want all, fail", at.Flipped, r.Verdict)
	}
}

// Gradients vanish on a plateau: h = relu(Σ x − 2.5) is 0 at the sample and around it, and the
// second output exceeds the first only near one corner of the box.
func TestFlipsBehindPlateausAreFound(t *testing.T) {
	for _, features := range []int{1, 3, 10} {
		w := mat.NewDense(1, features, nil)
		for j := range features {
			w.Set(0, j, 1)
		}
		bias := -(float64(features) - 0.5)
		net := netOf(network.ReLU, [][]float64{{bias}, {0.1, 0}}, w, mat.NewDense(2, 1, []float64{0, 1}))
		each := make([]float64, features)

		for j := range each {
			each[j] = 1
		}
		data := Data{Source: "plateau", X: mat.NewDense(1, features, nil)}
		r, err := Run(background, Model{Net: net, File: "plateau"}, data, Options{Tolerance: &Tolerance{Each: each}})
		if err != nil {
			t.Fatal(err)
		}

		// The flip begins where Σ x = features − 0.4; the change at the corner is 0.5.
		want := (float64(features) - 0.4) / float64(features)
		if r.Decisions.At.Flipped != 1 || !(float64(r.Decisions.Flip) < want+0.01 && float64(r.Decisions.Flip) >= want) {
			t.Errorf("%d features: flip of size %g, want %g", features, r.Decisions.Flip, want)
		}
		if seen := float64(r.Change.Seen); !(seen > 0.49 && seen <= 0.5) {
			t.Errorf("%d features: change of %g seen, want 0.5", features, seen)
		}
		if lower := float64(r.Lipschitz.Lower); !(lower >= 0.49/math.Sqrt(float64(features))) {
			t.Errorf("%d features: the change seen exceeds the lower bound %g of the constant", features, lower)
		}
	}
}

// The class is 1 only for ‖x‖₁ < 1/20, a ball that no random trial hits in eight dimensions. The
// first sample is near enough for gradients to lead there. At the second sample all gradients are
// 0, but the flip of the first also flips the second.
func TestFlipsOfOthersAreTried(t *testing.T) {
	const features, steepness = 8, 10
	distances := mat.NewDense(2*features, features, nil)
	for j := range features {
		distances.Set(2*j, j, 1)
		distances.Set(2*j+1, j, -1)
	}

	sum := mat.NewDense(1, 2*features, nil)
	for j := range 2 * features {
		sum.Set(0, j, -steepness)
	}
	net := netOf(network.ReLU, [][]float64{make([]float64, 2*features), {1}, {0.5, 0}},
		distances, sum, mat.NewDense(2, 1, []float64{0, 1}))

	x := mat.NewDense(2, features, nil)
	x.Set(0, 0, 0.08)
	x.Set(1, 1, -2)
	r, err := Run(background, Model{Net: net, File: "needle"}, Data{Source: "x", X: x}, Options{Tolerance: &Tolerance{Radius: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if at := r.Decisions.At; at.Flipped != 1 {
		t.Errorf("%g of the decisions flip, want all", at.Flipped)
	}

	// The smallest flip of the second sample is on the straight line to the centre.
	nearest := 2 - 0.5/steepness
	for _, sample := range r.Sensitivity.Samples {
		if flip := float64(sample.Decision.Flip); sample.Row == 2 && !(flip <= 1.05*nearest) {
			t.Errorf("the second sample flips at %g, but could flip at %g", flip, nearest)
		}
	}
}

// Some random trials are smaller than the tolerance: the second output is larger only in a shell
// around the sample, and no gradient leads there.
func TestFlipsInsideTheToleranceAreFound(t *testing.T) {
	// relu(x − 1) − 2·relu(x − 2) + relu(x − 3) is 1 at 2, and 0 up to 1 and from 3 on.
	net := netOf(network.ReLU, [][]float64{{-1, -2, -3}, {0.5, 0}},
		mat.NewDense(3, 1, []float64{1, 1, 1}), mat.NewDense(2, 3, []float64{0, 0, 0, 1, -2, 1}))
	data := Data{Source: "shell", X: mat.NewDense(3, 1, []float64{0, -1, -3})}
	r, err := Run(background, Model{Net: net, File: "shell"}, data, Options{Tolerance: &Tolerance{Radius: 10}})
	if err != nil {
		t.Fatal(err)
	}
	if at := r.Decisions.At; at.Flipped != 1 {
		t.Errorf("%g of the decisions flip, want all", at.Flipped)
	}
}

// The case nan-certificate: a tie has the certified size 0, and outputs that differ by a constant
// never flip.
func TestTiesAreCertainUpToNothing(t *testing.T) {
	rows := []float64{1, 2, 1, 2}
	for _, c := range []struct {
		bias []float64
		want float64
	}{{nil, 0}, {[]float64{1, 1}, 0}, {[]float64{1, 0}, math.Inf(1)}, {[]float64{0, 1}, math.Inf(1)}} {
		net := netOf(network.Identity, [][]float64{c.bias}, mat.NewDense(2, 2, rows))
		data := Data{Source: "ties", X: mat.NewDense(2, 2, []float64{1, 2, 3, 1})}
		r, err := Run(background, Model{Net: net, File: "ties"}, data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkNumbers(t, fmt.Sprint(c.bias), reflect.ValueOf(*r))
		if got := float64(r.Decisions.Safe); got != c.want {
			t.Errorf("biases %g: certain up to %g, want %g", c.bias, got, c.want)
		}
	}
}

// No number in a report is NaN for any network: zeros, weights whose products overflow float64,
// dead units, constant data.
func TestReportsHoldNoNaN(t *testing.T) {
	r := seeded(5)
	random := func(rows, cols int, scale float64) *mat.Dense {
		w := randomPoints(r, rows, cols)
		w.Scale(scale, w)
		return w
	}

	tanh := activation(t, "tanh")
	nets := map[string]*network.Network{
		"zeros":               netOf(network.ReLU, nil, mat.NewDense(3, 2, nil), mat.NewDense(2, 3, nil)),
		"a layer of zeros":    netOf(network.ReLU, nil, random(3, 2, 1), mat.NewDense(2, 3, nil)),
		"overflow":            netOf(network.ReLU, nil, random(3, 2, 1e200), random(2, 3, 1e200)),
		"overflow on the way": netOf(network.ReLU, nil, random(3, 2, 1e200), random(3, 3, 1e200), random(2, 3, 1e-300)),
		"saturated overflow":  netOf(tanh, nil, random(3, 2, 1e300), random(2, 3, 1e300)),
		"underflow":           netOf(network.ReLU, nil, random(3, 2, 1e-200), random(2, 3, 1e-200)),
		"subnormal":           netOf(network.ReLU, nil, random(3, 2, 1e-310), random(2, 3, 1)),
		"dead":                netOf(network.ReLU, [][]float64{{-100, -100, -100}}, random(3, 2, 1), random(2, 3, 1)),
		"one layer of zeros":  netOf(network.ReLU, nil, mat.NewDense(2, 2, nil)),
		"saturated":           netOf(tanh, nil, random(3, 2, 1e3), random(2, 3, 1)),
		"one output overflow": netOf(network.ReLU, nil, random(3, 2, 1e200), random(1, 3, 1e200)),
	}

	for name, net := range nets {
		for _, points := range []*mat.Dense{randomPoints(r, 5, 2), mat.NewDense(3, 2, nil)} {
			for _, o := range []Options{{}, {Tolerance: &Tolerance{Radius: 0.5}}, {Tolerance: &Tolerance{Each: []float64{0, 1e-3}}}} {
				report, err := Run(background, Model{Net: net, File: name}, Data{Source: name, X: points}, o)
				if err != nil {
					if !strings.Contains(name, "overflow") || !strings.Contains(err.Error(), "beyond float64") {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				checkNumbers(t, name, reflect.ValueOf(*report))
			}
		}
	}
}

// checkNumbers fails the test for every NaN in a value, and for every text that shows one.
func checkNumbers(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Float64:
		if math.IsNaN(v.Float()) {
			t.Errorf("%s is NaN", path)
		}
	case reflect.String:
		if s := v.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf ") {
			t.Errorf("%s says %q", path, s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			checkNumbers(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkNumbers(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			checkNumbers(t, path, v.Elem())
		}
	}
}

// For weights and units of any size, including subnormal ones, no value found contradicts a
// certified one.
func TestCertificatesHoldAtEveryScale(t *testing.T) {
	scales := []float64{1e-320, 1e-310, 1e-200, 1e-100, 1, 1, 1e100, 1e200, 1e300}
	compared := 0
	for seed := range uint64(250) {
		r := seeded(1000 + seed)
		widths := []int{1 + r.IntN(3), 1 + r.IntN(4), 1 + r.IntN(4), 2}
		names := network.ActivationNames()
		net := build(activation(t, names[r.IntN(len(names))]), widths, r.NormFloat64)
		for _, l := range net.Layers {
			l.Weight.Scale(scales[r.IntN(len(scales))], l.Weight)
			floats.Scale(scales[r.IntN(5)], l.Bias)
		}
		b := randomBall(r, net.In())
		floats.Scale(scales[r.IntN(6)], b.unit)
		size := []float64{1e-3, 1, 1e200}[r.IntN(3)]

		e := must[*encloser](t)(newEncloser(net, b))
		constant := must[float64](t)(lipschitz(net, b, 0))
		j := must[*judge](t)(newJudge(background, e, constant, 10*time.Millisecond))
		x := randomPoints(r, 3, net.In())
		changed := must[*mat.Dense](t)(search{net: net, ball: b, x: x}.changes(background, size, every))
		all := must[[]decision](t)(j.decisions(background, x, []*mat.Dense{changed}, []float64{size}))
		for i, d := range all {
			j.improve(&d, x.RawRowView(i), []float64{size / 8, size, 8 * size})
			if d.flip.point != nil && d.flip.size <= d.safe || math.IsNaN(d.safe) || math.IsNaN(d.flip.size) {
				t.Errorf("seed %d, %s: flip of size %g, certified %g", seed, describe(net), d.flip.size, d.safe)
			}

			seen := e.seen(x.RawRowView(i), changed.RawRowView(i), every)
			possible := e.possible(x.RawRowView(i), size, every)
			if seen > possible || seen > size*constant*(1+evaluated) && constant > 0 || seen > 0 && constant == 0 {
				t.Errorf("seed %d, %s: seen %g, possible %g, anywhere %g·%g", seed, describe(net), seen, possible, size, constant)
			}
			if seen > 0 && possible <= math.MaxFloat64 {
				compared++
			}
		}
	}
	if compared < 35 {
		t.Errorf("only %d changes were compared, too few for a test", compared)
	}
}

// The lower bound is at least the largest Jacobian norm at a hundred thousand random points.
func TestRandomPointsFindNoMore(t *testing.T) {
	for seed := range uint64(6) {
		r := seeded(70 + seed)
		net := build(network.ReLU, []int{3, 12, 12, 2}, r.NormFloat64)
		x := randomPoints(r, 5, 3)
		report, err := Run(background, Model{Net: net, File: "small"}, Data{Source: "few", X: x}, Options{})
		if err != nil {
			t.Fatal(err)
		}

		pass := network.NewPass[float64](net, 1)
		most := 0.0
		for range 20_000 {
			point := make([]float64, 3)
			for c := range point {
				point[c] = 2 * r.NormFloat64()
			}
			pass.Forward(point, 1)
			most = max(most, linalg.SpectralNorm(mat.NewDense(2, 3, pass.Jacobian(3))))
		}
		if found := float64(report.Lipschitz.Lower); found < most*(1-1e-9) || found > float64(report.Lipschitz.Upper) {
			t.Errorf("seed %d: found %g, random points %g, bound %g", seed, found, most, report.Lipschitz.Upper)
		}
	}
}

// A thorough audit does not advise --thorough.
func TestThoroughIsNotAdvisedTwice(t *testing.T) {
	net := build(network.ReLU, []int{4, 12, 12, 3}, seeded(9).NormFloat64)
	for _, thorough := range []bool{false, true} {
		o := Options{
			Thorough: thorough, Tolerance: &Tolerance{Radius: 2},
			Thresholds: Thresholds{"bound_gap": {Attention: 0, Fail: none}, "output_change_possible": {Attention: 0, Fail: none}},
		}

		r, err := Run(background, Model{Net: net, File: "net"}, Data{Source: "points", X: randomPoints(seeded(8), 4, 4)}, o)
		if err != nil {
			t.Fatal(err)
		}
		advised := 0
		for _, c := range r.Checks {
			if strings.Contains(c.Action, "--thorough") {
				advised++
			}
		}
		if thorough == (advised > 0) {
			t.Errorf("thorough is %t, but --thorough is advised %d times", thorough, advised)
		}
	}
}
