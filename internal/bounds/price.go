package bounds

import (
	"math"

	"github.com/liptrack/liptrack/network"
)

// AssumedSpeed converts work into seconds. It is in floating-point operations per second: the speed
// of two cores with OpenBLAS for products of matrices of order 256.
const AssumedSpeed = 4e10

// The work of a bound is the approximate number of floating-point operations it takes. It depends
// only on the widths of the network, so decisions based on work are the same on every machine.

// PassWork returns the work of a pass of ECLipsE-Fast: for n neurons about 7 products of n×n
// matrices, or of cost n×d×d in the first layer with d < n inputs.
func PassWork(net *network.Network) float64 {
	work := 0.0
	for i, l := range net.Layers[:len(net.Layers)-1] {
		n, d := float64(l.Out()), float64(l.Out())
		if i == 0 {
			d = min(d, float64(l.In()))
		}

		work += 14 * n * d * d
	}

	return work
}

// ScaledWork returns the work of EclipseScaled.
func ScaledWork(net *network.Network) float64 {
	return 20 * layersTimesPass(net)
}

// searchesWork returns the work of the two searches that Best makes for a network with one hidden
// layer. For n neurons, d inputs and m = min(n, d), a pass costs n×m×m and, for K outputs, K×n×m
// and K×m×m. The latter are negligible for few outputs, but dominate after a convolution.
func searchesWork(net *network.Network) float64 {
	const passes = 30
	n, outputs := float64(net.Layers[0].Out()), float64(net.Out())
	m := min(n, float64(net.In()))
	return passes * (2*n*m*m + 2*outputs*n*m + outputs*m*m)
}

// DiagonalWork returns the work of EclipseDiagonal.
func DiagonalWork(net *network.Network) float64 {
	return 50 * layersTimesPass(net)
}

func layersTimesPass(net *network.Network) float64 {
	return float64(len(net.Layers)-1) * PassWork(net)
}

// DescentWork returns the work of LipSDP, excluding the bounds that it starts from.
func DescentWork(net *network.Network) float64 {
	return descentEvaluations * evaluationWork(net)
}

// evaluationWork returns the work of a descent step: a pass, and all eigenvalues and eigenvectors
// of the outputs' ellipsoid.
func evaluationWork(net *network.Network) float64 {
	const eigen = 104 // times k³ for k outputs
	k := float64(net.Out())
	return PassWork(net) + eigen*k*k*k
}

// OptimalWork returns the work of LipSDPOptimal: for N hidden neurons in total, about 30 Hessians
// of order N with their factorisations, each with ten passes through the layers.
func OptimalWork(net *network.Network) float64 {
	const (
		steps   = 30
		trials  = 10
		passing = 8.0 // n×n×n multiply-adds per pass and layer
	)
	neurons, passes, products := 0.0, 0.0, 0.0
	for _, l := range net.Layers[:len(net.Layers)-1] {
		n := float64(l.Out())
		neurons += n
		passes += 2 * passing * n * n * n
		products += 8 * n * n * neurons
	}

	return steps * (neurons*neurons*neurons/3 + products + trials*passes)
}

// Afford computes as many of the expensive bounds as the work pays for, so that Best takes them
// into account. More work only adds bounds, so Best never gets worse with more work.
//
// If LipSDP's optimum costs no more than a descent towards it, only the optimum is computed,
// preceded by EclipseScaled if that is even cheaper. In wide networks the descent comes first, with
// as many evaluations as the work allows, and the optimum comes last.
func (b *Bounds) Afford(work float64) {
	if !math.IsNaN(b.trivial) || len(b.net.Layers) == 1 {
		return
	}

	spend := func(price float64, bound func() float64) {
		work -= price
		if work >= 0 {
			bound()
		}
	}

	scaled, diagonal, optimal := ScaledWork(b.net), DiagonalWork(b.net), OptimalWork(b.net)
	descends := optimal > scaled+diagonal+DescentWork(b.net)
	if descends || scaled < optimal {
		spend(scaled, b.EclipseScaled)
	}

	if descends {
		spend(diagonal, b.EclipseDiagonal)
		evaluations := min(math.Floor(work/evaluationWork(b.net)), descentEvaluations)
		if evaluations >= 1 {
			spend(evaluations*evaluationWork(b.net), func() float64 {
				return b.descended(int(evaluations))
			})
		}
	}

	spend(optimal, b.LipSDPOptimal)
}
