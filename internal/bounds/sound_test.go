package bounds

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// normRounding is the relative error allowed for norms that tests compute themselves, without
// proof, of products of up to nine small matrices.
const normRounding = 1e-13

// orderTolerance is how far two bounds may be out of order, because of the margins that each adds
// for rounding errors.
const orderTolerance = 1e-9

// centredTolerance is for slopes centred on 0, for which EclipseFast keeps away from its limit.
const centredTolerance = 8e-6

// all lists the bounds in the 2-norm and whether they are quick to compute.
var all = []struct {
	name  string
	quick bool
	of    func(*Bounds) float64
}{
	{"product", true, func(b *Bounds) float64 { return b.Product(Two) }},
	{"balanced", true, (*Bounds).Balanced},
	{"LipLT", true, func(b *Bounds) float64 { return b.LipLT(Two) }},
	{"entrywise", true, func(b *Bounds) float64 { return b.Entrywise(Two) }},
	{"fast", true, (*Bounds).EclipseFast},
	{"scaled", false, (*Bounds).EclipseScaled},
	{"diagonal", false, (*Bounds).EclipseDiagonal},
	{"LipSDP", false, (*Bounds).LipSDP},
	{"optimal", false, (*Bounds).LipSDPOptimal},
	{"best", false, func(b *Bounds) float64 { return b.Best(Two) }},
}

const (
	soundNetworks = 3000
	thorough      = 20 // one network in this many gets the bounds that are not quick
)

// No Jacobian norm, and no ‖D_L W_L … D_1 W_1‖ with slopes that some point might have, exceeds any
// bound, for any network.
func TestSound(t *testing.T) {
	finite := 0
	for seed := range uint64(soundNetworks) {
		r := seeded(seed)
		net := randomNetwork(r)
		finite += checkSound(t, seed, r, net, mustBounds(t, net), seed%thorough == 0)
	}

	if finite < 4*soundNetworks {
		t.Errorf("only %d bounds were finite", finite)
	}
}

// checkSound compares the bounds with attained norms and returns how many bounds were finite. It
// includes the bounds that are not quick only if all are wanted.
func checkSound(t *testing.T, seed uint64, r *rand.Rand, net *network.Network, b *Bounds, full bool) (finite int) {
	found, exponent := attack(r, net, steepSlopes(r, net))
	sampled := max(sampledNorm(r, net), math.Ldexp(found, exponent)) * (1 - normRounding)
	for _, bound := range all {
		if !bound.quick && !full {
			continue
		}

		got := bound.of(b)
		if !(got >= sampled) {
			t.Errorf("seed %d: %s is %g below %g of %s", seed, bound.name, got, sampled, describe(net))
		}

		if !math.IsInf(got, 1) {
			finite++
		}
	}

	return finite
}

// deepNetworks is the number of networks tried, of up to 64 layers of up to 64 units; make sound
// sets LIPTRACK_SOUND to more.
const deepNetworks = 16

// soundCount returns the number of networks that a soundness test tries: usual, or the number set
// by make sound.
func soundCount(t *testing.T, usual int) int {
	more := os.Getenv("LIPTRACK_SOUND")
	if more == "" {
		return usual
	}

	count, err := strconv.Atoi(more)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// Deep and wide networks also have sound bounds in order, both near a point and on the whole space.
func TestSoundDeep(t *testing.T) {
	count := soundCount(t, deepNetworks)
	deepest, finite := 0, 0
	for seed := range uint64(count) {
		r := seeded(1<<20 + seed)
		net := deepNetwork(r)
		deepest = max(deepest, len(net.Layers))

		// Expensive bounds are computed only for smaller networks.
		full := net.Parameters() < 5000 && seed%2 == 0
		b := mustBounds(t, net)
		finite += checkSound(t, seed, r, net, b, full)
		checkOrder(t, seed, net, b, full)

		n := Neighbourhood{Point: make([]float64, net.In()), Radius: 0.1}
		local, err := Local(net, n)
		if err != nil {
			t.Fatal(err)
		}

		// Narrower slope ranges need not make EclipseFast smaller, but they make the Product
		// smaller.
		norm := linalg.SpectralNorm(jacobianAt(net, n.Point)) * (1 - 1e-9)
		near, product := local.EclipseFast(), b.Product(Two)
		if norm > near || local.Product(Two) > product*(1+orderTolerance) || near > product*(1+centredTolerance) {
			t.Errorf("seed %d: ‖J‖ = %g, near it at most %g, anywhere %g, of %s", seed, norm, near, product, describe(net))
		}
	}

	if deepest < 32 || finite < 3*count {
		t.Errorf("the deepest of the networks has %d layers, %d bounds were finite", deepest, finite)
	}
}

// sampledNorm returns the largest Jacobian norm found by an ascent with random steps from random
// points, computed as in the tracker.
func sampledNorm(r *rand.Rand, net *network.Network) float64 {
	const points, steps = 16, 6
	pass := network.NewPass[float64](net, points)
	n, k := net.In(), net.Out()
	x, reach, largest := make([]float64, points*n), 3.0, 0.0
	var centre []float64

	for range steps {
		for i := range x {
			x[i] = reach * r.NormFloat64()
			if centre != nil {
				x[i] += centre[i%n]
			}
		}

		points := append([]float64(nil), x...)
		pass.Forward(x, len(points)/n)
		j := pass.Jacobian(len(net.Layers))

		for i := range len(points) / n {
			if !finite(j[i*n*k : (i+1)*n*k]) {
				continue // an intermediate overflow, which contradicts no bound
			}
			if norm := linalg.SpectralNorm(mat.NewDense(k, n, j[i*n*k:(i+1)*n*k])); norm > largest {
				largest, centre = norm, points[i*n:(i+1)*n]
			}
		}

		reach /= 2
	}

	return largest
}

func finite(v []float64) bool {
	return !floats.HasNaN(v) && !math.IsInf(floats.Norm(v, math.Inf(1)), 1)
}

// steepSlopes picks one end of the slope range for every neuron, rounded towards the inside.
func steepSlopes(r *rand.Rand, net *network.Network) [][]float64 {
	slopes := make([][]float64, len(net.Layers))
	for i, l := range net.Layers {
		for range l.Out() {
			slopes[i] = append(slopes[i], end(l.Activation, r.IntN(2)))
		}
	}
	return slopes
}

func end(a network.Activation, which int) float64 {
	low, high := a.SlopeRange()
	return []float64{low, high}[which]
}

// attack increases ‖D_L W_L … D_1 W_1‖ by moving single slopes to the other end of their range.
func attack(r *rand.Rand, net *network.Network, slopes [][]float64) (norm float64, exponent int) {
	const moves = 40
	value := func() (float64, int) {
		product, e := chained(net, slopes)
		return linalg.SpectralNorm(product), e
	}

	norm, exponent = value()
	for range moves {
		i := r.IntN(len(slopes))
		j := r.IntN(len(slopes[i]))
		old := slopes[i][j]
		slopes[i][j] = end(net.Layers[i].Activation, r.IntN(2))
		if n, e := value(); larger(n, e, norm, exponent) {
			norm, exponent = n, e
		} else {
			slopes[i][j] = old
		}
	}

	return norm, exponent
}

// larger reports whether a·2^e > b·2^f.
func larger(a float64, e int, b float64, f int) bool {
	return a > 0 && (b == 0 || math.Ldexp(a, e-f) > b)
}

// The order relations between bounds that are theorems.
func TestOrder(t *testing.T) {
	for seed := range uint64(soundNetworks) {
		r := seeded(seed)
		net := randomNetwork(r)
		checkOrder(t, seed, net, mustBounds(t, net), seed%thorough == 0)
	}
}

// checkOrder compares bounds with one another. It includes the bounds that are not quick only if
// all are wanted.
func checkOrder(t *testing.T, seed uint64, net *network.Network, b *Bounds, full bool) {
	atMost := func(what string, small, large float64) {
		if !(small <= large*(1+orderTolerance)+math.SmallestNonzeroFloat64) {
			t.Errorf("seed %d: %s: %g > %g of %s", seed, what, small, large, describe(net))
		}
	}

	product := b.Product(Two)
	atMost("LipLT ≤ product", b.LipLT(Two), product)
	atMost("balanced ≤ product", b.Balanced(), product)
	atMost("fast ≤ product", b.EclipseFast(), product*(1+centredTolerance))

	if full {
		atMost("scaled ≤ fast", b.EclipseScaled(), b.EclipseFast())
		atMost("LipSDP ≤ scaled", b.LipSDP(), b.EclipseScaled())
		atMost("LipSDP ≤ diagonal", b.LipSDP(), b.EclipseDiagonal())
		atMost("optimal ≤ fast", b.LipSDPOptimal(), b.EclipseFast())
		if b.LipSDPGap() < 1 { // otherwise nothing is known about the optimum
			atMost("dual ≤ LipSDP", b.LipSDPOptimal()*(1-b.LipSDPGap()), b.LipSDP())
		}
		for _, bound := range all {
			atMost("best ≤ "+bound.name, b.Best(Two), bound.of(b))
		}
	}

	for _, n := range []Norm{One, Inf} {
		atMost("LipLT ≤ product", b.LipLT(n), b.Product(n))
		atMost("entrywise ≤ product", b.Entrywise(n), b.Product(n))
		atMost("best ≤ LipLT", b.Best(n), b.LipLT(n))
		atMost("best ≤ entrywise", b.Best(n), b.Entrywise(n))
	}
}
