package bounds

import (
	"math"

	"github.com/liptrack/liptrack/network"
)

// AssumedSpeed turns work into seconds: floating-point operations a second, what two cores with
// OpenBLAS make of products of matrices of order 256.
const AssumedSpeed = 4e10

// The work of a bound is how many floating-point operations it takes about, from the widths of the
// network alone, so that what work decides is the same on every machine.

// PassWork returns the work of a pass of ECLipsE-Fast: for n neurons some 7 products of n×n
// matrices, in the first layer, with d < n inputs, of n×d×d.
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

// searchesWork returns the work of the two searches that Best makes of a network with one hidden
// layer: for n neurons, d inputs and m = min(n, d), the passes through n×m×m and, on to K outputs,
// K×n×m and K×m×m. Behind few outputs the latter are nothing, behind a convolution's they are most.
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

// DescentWork returns the work of LipSDP without that of what it starts from.
func DescentWork(net *network.Network) float64 {
	return descentEvaluations * evaluationWork(net)
}

// evaluationWork returns the work of a step of the descent: a pass, and all eigenvalues and vectors
// of the outputs' ellipsoid.
func evaluationWork(net *network.Network) float64 {
	const eigen = 104 // times k³ for k outputs
	k := float64(net.Out())
	return PassWork(net) + eigen*k*k*k
}

// OptimalWork returns the work of LipSDPOptimal: of N hidden neurons in all, some 30 Hessians of
// order N and their factorisations, and for each of them ten passes through the layers.
func OptimalWork(net *network.Network) float64 {
	const (
		steps   = 30
		trials  = 10
		passing = 8.0 // n×n×n multiply-adds, in a pass and a layer
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

// Afford computes what the work pays for of the bounds that take long, so that Best takes them into
// account. More work adds to what less pays for and leaves nothing out, so that Best never becomes
// larger with it.
//
// Where LipSDP's optimum costs no more than a descent to near it, it is all there is to pay for,
// beside EclipseScaled if that is cheaper yet. In wide networks the descent comes first, by as many
// evaluations as there is work for, and the optimum after all of them.
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
