package audit

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

const (
	// closedTolerance is for numbers computed by a formula and rounded outward.
	closedTolerance = 1e-9
	// foundTolerance is for numbers found by a search, which stays slightly inside the tolerance.
	foundTolerance = 1e-5
)

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want) || got == want
}

func check1(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !near(got, want, tolerance) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// layer returns a linear layer with the given rows and no bias.
func layer(a network.Activation, rows ...[]float64) network.Layer {
	w := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		w.SetRow(i, r)
	}
	return network.Layer{Weight: w, Activation: a}
}

// linearNet returns f(x) = (3x₁, x₂): L = 3, and the line 3x₁ = x₂ separates its classes.
func linearNet() *network.Network {
	return &network.Network{Layers: []network.Layer{layer(network.Identity, []float64{3, 0}, []float64{0, 1})}}
}

func runOf(t *testing.T, net *network.Network, d Data, o Options) *report.Report {
	t.Helper()
	m := Model{Net: net, File: "test", Format: "test"}
	for range net.Layers {
		m.Names = append(m.Names, "w")
	}
	return must[*report.Report](t)(Run(background, m, d, o))
}

// For a linear network all results are known in closed form.
func TestLinearNetwork(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 1, 1, 5})
	margins := []float64{2, -2} // 3x₁ − x₂
	for _, c := range []struct {
		name              string
		options           Options
		boundary, norm    float64 // smallest flip; certified by norm
		change            float64
		first, atTolerate float64 // changes of the outputs; shares
	}{
		{"ball", Options{Tolerance: &Tolerance{Radius: 0.1}}, 2 / math.Sqrt(10), 2 / (3 * math.Sqrt2), 0.3, 0.3, 1},
		{"box", Options{Tolerance: &Tolerance{Each: []float64{0.5, 0.25}}}, 2 / 1.75, 0, math.Hypot(1.5, 0.25), 1.5, 1},
		{"fixed feature", Options{Tolerance: &Tolerance{Each: []float64{0, 0.25}}}, 8, 8 / math.Sqrt2, 0.25, 0, 1},
		{
			"scaled ball", Options{Tolerance: &Tolerance{Radius: 0.1}, Scale: &Scale{Mean: []float64{0, 0}, Std: []float64{2, 0.5}}},
			2 / math.Hypot(1.5, 2), 2 / (2 * math.Sqrt2), 0.2, 0.15, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := Data{X: mat.DenseCopyOf(x), Labels: []int{0, 0}}
			if s := c.options.Scale; s != nil { // so that the model's inputs are x
				data.X.Apply(func(_, j int, v float64) float64 { return v * s.Std[j] }, x)
			}
			a := must[*auditor](t)(newAuditor(Model{Net: linearNet(), Names: []string{"w"}}, data, c.options))
			if err := a.runStages(background); err != nil {
				t.Fatal(err)
			}
			r := a.report
			check1(t, "lower bound", float64(r.Lipschitz.Lower), 3, closedTolerance)
			check1(t, "best bound", float64(r.Lipschitz.Upper), 3, closedTolerance)
			check1(t, "accuracy", float64(*r.Data.Accuracy), 0.5, 0)
			check1(t, "change possible", float64(r.Change.Possible), c.change, closedTolerance)
			check1(t, "change seen", float64(r.Change.Seen), c.change, foundTolerance)
			check1(t, "certified", float64(r.Decisions.At.Certified), c.atTolerate, 0)

			for _, s := range r.Sensitivity.Samples {
				d := s.Decision
				if want := map[bool]int{true: 0, false: 1}[margins[s.Row-1] > 0]; d.Class != want {
					t.Errorf("row %d has class %d, want %d", s.Row, d.Class, want)
				}
				check1(t, "certified size", float64(d.Safe), c.boundary, closedTolerance)
				check1(t, "flip size", float64(d.Flip), c.boundary, foundTolerance)
				if d.FlipTo == nil || *d.FlipTo != 1-d.Class || d.Safe >= d.Flip {
					t.Errorf("row %d: %+v", s.Row, d)
				}
			}

			for _, s := range r.Decisions.Curve {
				if want := series.Float(1); c.norm > 0 && float64(s.Size) <= c.norm && s.ByNorm != want {
					t.Errorf("at %g, %g is certified by norm, want %g", s.Size, s.ByNorm, want)
				} else if float64(s.Size) > c.norm*(1+closedTolerance) && c.norm > 0 && s.ByNorm != 0 {
					t.Errorf("at %g, %g is certified by norm, want 0", s.Size, s.ByNorm)
				}
			}

			c.options.Task = Regression
			data.Labels = nil
			one := runOf(t, linearNet(), data, c.options).Change.Outputs[0]
			check1(t, "change of the first output possible", float64(one.Possible), c.first, closedTolerance)
			check1(t, "change of the first output seen", float64(one.Seen), c.first, foundTolerance)
			check1(t, "spread of the first output", float64(one.Spread), 0, 0)
		})
	}
}

// kinks returns f(x) = relu(x) + 3·relu(x − 2).
func kinks() *network.Network {
	first := layer(network.ReLU, []float64{1}, []float64{1})
	first.Bias = []float64{0, -2}
	return &network.Network{Layers: []network.Layer{first, layer(network.Identity, []float64{1, 3})}}
}

// The local bound counts only the neurons that are active in the ball; near all kinks it equals the
// global bound.
func TestLocalBoundsOfKinks(t *testing.T) {
	net := kinks()
	e := must[*encloser](t)(newEncloser(net, ball{unit: []float64{1}}))
	for _, c := range []struct{ x, size, want float64 }{
		{-1, 0.5, 0}, {1, 0.5, 1}, {3, 0.5, 4}, {2, 0.5, 4}, {1, 1.5, 4}, {0, 0.5, 1}, {-10, 9, 0},
	} {
		_, ranges := e.outputs([]float64{c.x}, c.size)
		got := must[float64](t)(local(net, ranges, 4))
		check1(t, "local bound", got, c.want, closedTolerance)
		possible := e.possible([]float64{c.x}, c.size, every)
		if exact := kinkChange(c.x, c.size); possible < exact*(1-evaluated) {
			t.Errorf("at %g ± %g the value changes by %g, possible is %g", c.x, c.size, exact, possible)
		}
	}
}

func kinkChange(x, size float64) float64 {
	f := func(x float64) float64 { return max(x, 0) + 3*max(x-2, 0) }
	return max(math.Abs(f(x+size)-f(x)), math.Abs(f(x-size)-f(x)))
}

// The certified local bound is at least the Jacobian norm at every point of the ball and at most
// the global bound.
func TestLocalBoundsHold(t *testing.T) {
	dense, _ := soundNumbers()
	for seed := range uint64(dense) {
		r := seeded(seed)
		net := randomNetwork(t, r)
		b := randomBall(r, net.In())
		e := must[*encloser](t)(newEncloser(net, b))
		size := math.Exp(2*r.NormFloat64() - 2)
		x := randomPoints(r, 1, net.In()).RawRowView(0)
		_, ranges := e.outputs(x, size)
		global := must[float64](t)(lipschitz(net, ball{unit: ones(net.In())}, 0))
		got := must[float64](t)(local(net, ranges, global))
		if got > global {
			t.Errorf("seed %d: local bound %g above the global one, %g", seed, got, global)
		}
		for range soundTries {
			y := mat.NewDense(1, net.In(), randomPerturbation(r, b, x, size))
			s := must[*sensitivity](t)(sensitivityOf(background, search{net: net, ball: b, x: y}))
			if s.norms[0] > got*(1+evaluated)+evaluated {
				t.Fatalf("seed %d, %s: Jacobian norm %g within the ball, bound %g", seed, describe(net), s.norms[0], got)
			}
		}
	}
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// Every method gives the constant of a network with non-negative weights, for which it is exact,
// and no bound is below the value found.
func TestMethodsAndExact(t *testing.T) {
	net := kinks()
	known := must[*bounds.Whole](t)(bounds.NewWhole(net))
	best, by, computed := strongest(net, known, unlimited, true)
	check1(t, "best bound", best, 4, closedTolerance)
	if by == "product" {
		t.Error("the product bound is not tight for kinks")
	}
	for _, m := range computed {
		if m.Value == nil || float64(*m.Value) < 4 {
			t.Errorf("%s: %+v, the constant is 4", m.Name, m)
		}
	}

	if e := exact(net); e.Value == nil || !near(float64(*e.Value), 4, closedTolerance) {
		t.Errorf("exact: %+v, want 4", e)
	}
	smooth := build(activation(t, "tanh"), []int{2, 3, 1}, seeded(1).NormFloat64)
	if e := exact(smooth); e.Value != nil || e.Reason == "" {
		t.Errorf("exact constant of a smooth network: %+v", e)
	}
	net = build(network.ReLU, []int{4, 32, 32, 3}, seeded(2).NormFloat64)
	_, _, computed = strongest(net, must[*bounds.Whole](t)(bounds.NewWhole(net)), 0, true)
	for i, m := range computed {
		if costly := methods[i].work != nil; costly != (m.Value == nil) || costly != (m.Reason != "") {
			t.Errorf("%s without any time: %+v", m.Name, m)
		}
	}
}

// A single output decides by its sign, or a sigmoid by whether it is above ½: both forms of a
// network give the same sizes.
func TestSingleOutputs(t *testing.T) {
	x := mat.NewDense(2, 1, []float64{1, -1})
	sigmoid := &network.Network{Layers: []network.Layer{layer(activation(t, "sigmoid"), []float64{2})}}
	plain := &network.Network{Layers: []network.Layer{layer(network.Identity, []float64{2})}}

	for _, c := range []struct {
		net  *network.Network
		task Task
	}{{sigmoid, Auto}, {sigmoid, Classification}, {plain, Classification}} {
		r := runOf(t, c.net, Data{X: x, Labels: []int{1, 0}}, Options{Task: c.task})
		check1(t, "accuracy", float64(*r.Data.Accuracy), 1, 0)
		for _, s := range r.Sensitivity.Samples {
			check1(t, "certified size", float64(s.Decision.Safe), 1, closedTolerance)
			check1(t, "flip size", float64(s.Decision.Flip), 1, foundTolerance)
		}
	}

	if r := runOf(t, plain, Data{X: x}, Options{}); r.Decisions != nil {
		t.Error("a single output without activation must be a regression unless the task is classification")
	}
}

// A constant network is safe everywhere, with infinite sizes.
func TestConstantNetwork(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{layer(network.Identity, []float64{0, 0}, []float64{0, 0})}}
	net.Layers[0].Bias = []float64{1, 0}
	r := runOf(t, net, Data{X: mat.NewDense(1, 2, []float64{1, 2})}, Options{Tolerance: &Tolerance{Radius: 1}})
	d := r.Sensitivity.Samples[0].Decision
	if r.Lipschitz.Upper != 0 || !math.IsInf(float64(d.Safe), 1) || !math.IsInf(float64(d.Flip), 1) || r.Change.Seen != 0 || r.Change.Possible > closedTolerance {
		t.Errorf("bound %g, decision %+v, change %+v", r.Lipschitz.Upper, d, r.Change)
	}
}

// Derivatives are per unit of the data, shares are weighted by the tolerance, and directions are in
// the data's units.
func TestFeaturesAndDirections(t *testing.T) {
	o := Options{Scale: &Scale{Mean: []float64{5, -1}, Std: []float64{2, 0.5}}, Tolerance: &Tolerance{Each: []float64{0.2, 0.4}}}
	r := runOf(t, linearNet(), Data{X: mat.NewDense(2, 2, []float64{1, 2, 3, 4}), Features: []string{"a", "b"}}, o)
	// f = (3(a − 5)/2, (b + 1)/0.5), so the derivatives are 1.5 and 2; times the tolerance, 0.3 and
	// 0.8.
	f := r.Sensitivity.Features
	if f[0].Feature != "b" || f[1].Feature != "a" {
		t.Fatalf("features %+v, want b before a", f)
	}
	check1(t, "derivative by a", float64(f[1].Largest), 1.5, closedTolerance)
	check1(t, "derivative by b", float64(f[0].RMS), 2, closedTolerance)
	check1(t, "share of b", float64(f[0].Share), 0.64/(0.64+0.09), closedTolerance)
	direction := r.Sensitivity.Samples[0].Direction
	if direction[0].Feature != "b" {
		t.Fatalf("direction %+v, want b first", direction)
	}
	check1(t, "direction along b", math.Abs(float64(direction[0].Value)), 0.4, 1e-4) // a few power steps
	check1(t, "Jacobian norm", float64(r.Sensitivity.Largest), 3, closedTolerance)
	check1(t, "median of equal norms", float64(r.Sensitivity.Norms[50]), 3, closedTolerance)
}

// The layers diag(2, 1) and diag(1, 5) amplify by 2 and then by up to 5, but only by 5 together.
func TestLayers(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{
		layer(activation(t, "leaky_relu"), []float64{2, 0}, []float64{0, 1}), layer(network.Identity, []float64{1, 0}, []float64{0, 5}),
	}}
	r := runOf(t, net, Data{X: mat.NewDense(1, 2, []float64{1, 1})}, Options{})
	first, second := r.Layers[0], r.Layers[1]
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"norm of layer 1", float64(first.Norm), 2}, {"norm of layer 2", float64(second.Norm), 5},
		{"reached by layer 1", float64(*first.Reached), 2}, {"reached by layer 2", float64(*second.Reached), 5},
		{"factor of layer 1", float64(*first.Gain), 2}, {"factor of layer 2", float64(*second.Gain), 2.5},
		{"certified up to layer 1", float64(first.Certified), 2}, {"certified up to layer 2", float64(second.Certified), 5},
		{"share of layer 1", float64(first.Share), math.Log(2) / math.Log(10)}, {"share of layer 2", float64(second.Share), math.Log(5) / math.Log(10)},
		{"stable rank of layer 1", float64(*first.StableRank), 1.25}, {"dead units", float64(*first.Dead), 0},
	} {
		check1(t, c.what, c.got, c.want, 1e-7)
	}
}
