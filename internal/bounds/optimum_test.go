package bounds

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
)

// eclipseNetwork returns a network from the generator that Y. Xu and S. Sivaranjani publish with
// ECLipsE (MIT licence): layers of one width between 4 inputs and 1 output, with norms from 0.4 to
// 1.8.
func eclipseNetwork(layers, width int) *network.Network {
	r := rng.NewNumPy(uint32(7*width + 13*layers))
	net := new(network.Network)
	for i := range layers {
		in, out := width, width
		if i == 0 {
			in = 4
		}
		l := network.Layer{Activation: network.ReLU}
		if i+1 == layers {
			out, l.Activation = 1, network.Identity
		}

		norm := 0.4 + (1.8-0.4)*r.Float64()
		w := mat.NewDense(out, in, nil)
		for row := range out {
			for column := range in {
				w.Set(row, column, r.Normal())
			}
		}

		w.Scale(norm/mat.Norm(w, 2), w)
		var svd mat.SVD
		svd.Factorize(w, mat.SVDNone)
		w.Scale(norm/svd.Values(nil)[0], w)
		l.Weight = w
		net.Layers = append(net.Layers, l)
	}

	return net
}

// The optimum agrees with an independent interior point method (cvxopt, gap 1e-7); for the deepest
// network the value is from the issue.
func TestOptimum(t *testing.T) {
	for _, known := range []struct {
		layers, width int
		optimum       float64
	}{
		{2, 20, 0.3839808059},
		{5, 40, 0.01780397451},
		{10, 20, 0.02764080471},
		{20, 40, 0.00540560},
	} {
		if testing.Short() && known.layers == 20 {
			continue
		}
		b := mustBounds(t, eclipseNetwork(known.layers, known.width))
		got, gap := b.LipSDPOptimal(), b.LipSDPGap()
		if !(gap <= 1e-4) || !(got*(1-gap) <= known.optimum*(1+1e-6)) || !(got >= known.optimum*(1-1e-6)) {
			t.Errorf("%d layers of %d: %.9g with gap %.2g; the optimum is %.9g", known.layers, known.width, got, gap, known.optimum)
		}
	}
}

// The gap closes except for one network in a hundred, with units that differ by factors of 10²⁰.
func TestGap(t *testing.T) {
	const networks = 200
	open, tried := 0, 0
	for seed := range uint64(networks) {
		net := randomNetwork(seeded(seed))
		b := mustBounds(t, net)
		bound, gap := b.LipSDPOptimal(), b.LipSDPGap()
		if !(gap >= 0 && gap <= 1) {
			t.Errorf("seed %d: gap %g of %s", seed, gap, describe(net))
		}
		if bound == 0 || math.IsInf(bound, 1) {
			continue
		}
		tried++
		if gap > 1e-4 {
			open++
		}
	}
	if open > tried/100 {
		t.Errorf("%d of %d gaps stay open", open, tried)
	}
}
