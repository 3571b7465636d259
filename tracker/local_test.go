package tracker

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// f(x) = relu(x) has the slopes 0 and 1. Its constant is 0 within 0.5 of −1 and 1 within 2 of −1.
func TestLocalConstant(t *testing.T) {
	one := func(int) float64 { return 1 }
	net := testnet.Network([]int{1, 1, 1}, network.ReLU, network.Identity, one, nil)
	for radius, want := range map[float64]float64{0.5: 0, 2: 1} {
		s := &Snapshot{Net: net, Probes: Probes{X: mat.NewDense(2, 1, []float64{-1, -1})}}
		samples, err := metricOf(t, series.LocalUpper, Options{Local: LocalOptions{Radius: radius, Points: 5}}).Measure(s)
		if err != nil {
			t.Fatal(err)
		}
		upper, lower := float64(samples[0].Value), float64(samples[1].Value)
		if upper < want || upper > want*(1+1e-9) || lower > want || lower < want*(1-1e-9) {
			t.Errorf("radius %g: between %g and %g, want %g", radius, lower, upper, want)
		}
	}
}

// The lower bound stays below the upper bound, which grows with the radius up to the bound on the
// whole space.
func TestLocalEnds(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	net := testnet.Network([]int{5, 20, 20, 3}, tanh, network.Identity, func(int) float64 { return r.NormFloat64() / 2 }, nil)
	x := mat.NewDense(30, 5, nil)

	for i := range 30 {
		for j := range 5 {
			x.Set(i, j, r.NormFloat64())
		}
	}

	before := 0.0
	for _, radius := range []float64{1e-6, 0.01, 0.1, 1, 100} {
		s := &Snapshot{Net: net, Probes: Probes{X: x}}
		samples, err := metricOf(t, series.LocalUpper, Options{Local: LocalOptions{Radius: radius}}).Measure(s)
		if err != nil {
			t.Fatal(err)
		}
		upper, lower := float64(samples[0].Value), float64(samples[1].Value)
		if !(lower <= upper) || upper < before*(1-1e-3) || samples[1].Kind != series.Lower {
			t.Errorf("radius %g: between %g and %g, before %g", radius, lower, upper, before)
		}
		before = upper
	}

	global, err := bounds.New(net)
	if err != nil {
		t.Fatal(err)
	}
	if limit := global.Best(bounds.Two); before > limit {
		t.Errorf("%g in balls of radius 100, %g everywhere", before, limit)
	}
}
