package tracker

import (
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// The norm proved at a point is never above the norm in 300 bits, and only slightly below it in
// networks of every depth, size of weights and activation.
func TestProvedNormsAreCloseBelowTheTruth(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		a     network.Activation
		depth int
		width int
		scale float64
		loss  float64 // the largest allowed relative gap between bound and truth
	}{
		{"shallow", tanh, 1, 5, 1, 1e-12},
		{"deep tanh", tanh, 16, 12, 0.8, 1e-8},
		{"deeper tanh", tanh, 40, 8, 0.9, 1e-6},
		{"saturated tanh", tanh, 3, 8, 12, 1e-6},
		{"deep relu", network.ReLU, 64, 12, 1, 1e-6},
		{"deep leaky", network.LeakyReLU(0.1), 48, 10, 1, 1e-6},
		{"tiny weights", network.ReLU, 3, 6, 1e-60, 1e-12},
		{"tiny smooth", tanh, 3, 6, 1e-60, 1e-12},
		{"huge weights", network.ReLU, 3, 6, 1e70, 1e-12},
	}

	for i, c := range cases {
		for seed := range uint64(4) {
			r := generator(100*uint64(i) + seed)
			widths := []int{4}
			for range c.depth {
				widths = append(widths, c.width)
			}
			net := randomNetwork(r, c.a, network.Identity, seed%2 == 0, c.scale, append(widths, 3)...)
			x := randomPoints(r, 1, 4, 1).RawRowView(0)
			want := preciseNorm(net, x)
			got := provedNorm(net, len(net.Layers), Norm2, x)
			if got > want*(1+1e-13) || got < want*(1-c.loss) {
				t.Errorf("%s, seed %d: proved %g, want just below %g (short by %.2g)", c.name, seed, got, want, 1-got/want)
			}
		}
	}
}

// Cancellation in float64 is taken into account: the proved norm stays below the truth if a
// neuron's argument is a small difference of large products.
func TestProvedNormsSurviveCancellation(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := generator(31)
	for trial := range 200 {
		w := []float64{0.1 + 0.01*r.Float64(), 0}
		w[1] = -w[0] + 1e-9*r.NormFloat64()
		net := &network.Network{Layers: []network.Layer{
			{Weight: mat.NewDense(1, 2, w), Activation: tanh}, {Weight: mat.NewDense(1, 1, []float64{2}), Activation: tanh},
		}}
		x := []float64{1e9, 1e9}
		if got, want := provedNorm(net, 2, Norm2, x), preciseNorm(net, x); got > want || got < 0.999*want {
			t.Errorf("trial %d: proved %g of %g", trial, got, want)
		}
	}
}

// Products of these weights underflow or overflow, in intermediate results or in the final result.
func TestProvedNormsBeyondFloat64(t *testing.T) {
	chain := func(weights ...float64) *network.Network {
		net := &network.Network{}
		for _, w := range weights {
			net.Layers = append(net.Layers, network.Layer{Weight: mat.NewDense(1, 1, []float64{w})})
		}
		return net
	}

	for _, c := range []struct {
		weights []float64
		want    float64
	}{
		{[]float64{1e-200, 1e-200, 1e300}, 1e-100},
		{[]float64{5e-324, 1e300, 1e10}, 4.9406564584124654e-14},
		{[]float64{1e200, 1e-200, 3}, 3},
		{[]float64{1e-200, 1e-120}, 1e-320},
		{[]float64{1e-200, 1e-200}, 0},
	} {
		got := provedNorm(chain(c.weights...), len(c.weights), Norm2, []float64{1})
		if got > c.want || got < c.want*(1-1e-3) {
			t.Errorf("weights %g: proved %g, want %g", c.weights, got, c.want)
		}
	}

	if got := provedNorm(chain(1e200, 1e200), 2, Norm2, []float64{0}); !math.IsInf(got, 1) {
		t.Errorf("a norm of 1e400: proved %g, want +Inf", got)
	}
	if got := provedNorm(chain(1e200, 1e200), 2, Norm2, []float64{1e200}); got != 0 && !math.IsInf(got, 1) {
		t.Errorf("values beyond float64: proved %g", got)
	}
}

// This is a smaller deep-lower-zero: the reserve from the absolute weights is larger than the
// value.
func TestDeepNetworksHaveLowerBounds(t *testing.T) {
	for _, a := range allActivations(t) {
		widths := []int{10, 64, 64, 64, 64, 64, 64, 64, 64, 5}
		s := snapshotOf(randomNetwork(generator(77), a, network.Identity, true, 0.4, widths...))
		got := measure(t, jacobian{JacobianOptions{Quantiles: []float64{0, 0.5, 1}}}, s)
		lower, largest := got[series.LowerBound], got[series.JacobianQuantile+" q=1"]
		if !(lower <= largest && lower >= largest*(1-1e-5)) {
			t.Errorf("%v: lower bound %g, the largest norm is %g", a, lower, largest)
		}
		mean, rms := got[series.JacobianMean], got[series.JacobianRMS]
		if !(got[series.JacobianQuantile+" q=0"]*(1-keptReserve) <= mean && mean <= rms && rms <= lower) {
			t.Errorf("%v: mean %g, rms %g, lower %g", a, mean, rms, lower)
		}

		if a.PiecewiseLinear() {
			continue
		}
		for _, m := range []measurer{metricOf(t, series.SearchLowerBound, Options{}), altLowerBound{}, metricOf(t, "adversarial", Options{Adversarial: AdversarialOptions{Steps: 3}})} {
			for name, v := range measure(t, m, s) {
				if !(v > 0) {
					t.Errorf("%v: %s = %g", a, name, v)
				}
			}
		}
	}
}

// If nothing is proved, the statistics stay as they are, and the warning explains why there is no
// bound.
func TestWithheldLowerBounds(t *testing.T) {
	unproved := accuracy{kind: series.Lower, rounding: 10, prove: func(int) float64 { return 0 }}
	got := summaryOf([]float64{1, 2, 3}, unproved, 0)
	if !math.IsNaN(got.lower) || got.warning == "" || got.mean != 2 || !near(got.rms, math.Sqrt(14./3), roundoff) {
		t.Errorf("%+v", got)
	}

	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(1, 1, []float64{1e200}), Activation: network.ReLU}, {Weight: mat.NewDense(1, 1, []float64{1e200}), Activation: network.ReLU},
		{Weight: mat.NewDense(1, 1, []float64{1e-300})},
	}}
	samples, err := jacobian{}.Measure(&Snapshot{Net: net, Probes: Probes{X: mat.NewDense(2, 1, []float64{1, 2})}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if v := float64(s.Value); (math.IsNaN(v) || math.IsInf(v, 1)) && s.Warning == "" || s.Metric == series.LowerBound && v > 1.01e100 {
			t.Errorf("%s = %g of a network whose constant is 1e100: %q", s.Metric, v, s.Warning)
		}
	}
}

// preciseNorm returns the 2-norm of the Jacobian at x, computed in 300 bits except for the last
// step.
func preciseNorm(net *network.Network, x []float64) float64 {
	const bits = 300
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(v) }
	values := make([]*big.Float, len(x))
	j := make([][]*big.Float, len(x)) // rows of the Jacobian

	for i, v := range x {
		values[i] = number(v)
		j[i] = make([]*big.Float, len(x))
		for d := range x {
			j[i][d] = number(0)
		}
		j[i][i] = number(1)
	}

	for _, l := range net.Layers {
		next, rows := make([]*big.Float, l.Out()), make([][]*big.Float, l.Out())
		for i := range next {
			z := number(0)
			if l.Bias != nil {
				z = number(l.Bias[i])
			}
			rows[i] = make([]*big.Float, len(x))
			for d := range x {
				rows[i][d] = number(0)
			}
			addInput := func(k int, w float64) {
				if w == 0 {
					return
				}
				z.Add(z, new(big.Float).Mul(number(w), values[k]))
				for d := range x {
					if j[k][d].Sign() != 0 {
						rows[i][d].Add(rows[i][d], new(big.Float).Mul(number(w), j[k][d]))
					}
				}
			}

			if l.Pool != nil {
				largest := l.Pool.Windows[i][0]
				for _, k := range l.Pool.Windows[i] {
					if values[k].Cmp(values[largest]) > 0 {
						largest = k
					}
				}
				addInput(int(largest), 1)
			} else {
				l.Linear().Row(i, addInput)
			}

			slope, a := number(1), l.Activation
			if i >= len(next)-l.Through {
				a = network.Identity
			}
			next[i], slope = preciseActivation(a, z, slope)
			for d := range x {
				rows[i][d].Mul(rows[i][d], slope)
			}
		}

		values, j = next, rows
	}

	largest := 0
	for _, row := range j {
		for _, v := range row {
			if v.Sign() != 0 {
				largest = max(largest, v.MantExp(nil)+5000)
			}
		}
	}

	rounded := mat.NewDense(len(j), len(x), nil)
	for i, row := range j {
		for d, v := range row {
			f, _ := new(big.Float).SetMantExp(v, 5000-largest).Float64()
			rounded.Set(i, d, f)
		}
	}

	return math.Ldexp(linalg.SpectralNorm(rounded), largest-5000)
}

func preciseActivation(a network.Activation, z, one *big.Float) (value, slope *big.Float) {
	switch {
	case a.IsIdentity(), a.PiecewiseLinear() && z.Sign() > 0:
		return z, one
	case a.PiecewiseLinear():
		slope = new(big.Float).SetPrec(one.Prec()).SetFloat64(a.Slope())
		return new(big.Float).Mul(slope, z), slope
	case a.Name() == "gelu":
		return preciseGELU(z)
	}

	// tanh z = (e − 1)/(e + 1) with e = e^2z, whose slope is 4e/(e + 1)².
	e := preciseExp(new(big.Float).Add(z, z))
	above := new(big.Float).Add(e, one)
	value = new(big.Float).Quo(new(big.Float).Sub(e, one), above)
	four := new(big.Float).SetPrec(one.Prec()).SetInt64(4)
	return value, new(big.Float).Quo(four.Mul(four, e), new(big.Float).Mul(above, above))
}

// preciseExp returns e^z by its series at z/2^k.
func preciseExp(z *big.Float) *big.Float {
	const halvings = 24
	x := new(big.Float).SetMantExp(z, -halvings)
	sum := new(big.Float).SetPrec(z.Prec()).SetInt64(1)
	term := new(big.Float).SetPrec(z.Prec()).SetInt64(1)

	for n := range 60 {
		term.Mul(term, x)
		term.Quo(term, big.NewFloat(float64(n+1)))
		sum.Add(sum, term)
	}

	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}
