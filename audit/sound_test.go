package audit

import (
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// evaluated is the largest error of the tests' own evaluations, for values between 1 and 100.
const evaluated = 1e-12

// soundNetworks is the number of random networks to test. The environment variable LIPTRACK_SOUND,
// which make sound sets, replaces it.
var soundNetworks = 40

func init() {
	if more, err := strconv.Atoi(os.Getenv("LIPTRACK_SOUND")); err == nil {
		soundNetworks = more
	}
}

const (
	soundPoints = 8
	soundTries  = 20
)

// soundNumbers returns the number of dense networks to test, and of networks of each other kind.
// With the race detector tests are ten times slower and look for races, not for wrong numbers, so
// it returns fewer.
func soundNumbers() (dense, layered int) {
	if testing.Short() {
		return 10, 1
	}
	return soundNetworks, 4
}

// No perturbation leaves the enclosure, for any network, tolerance and point.
func TestEnclosureHolds(t *testing.T) {
	for _, c := range soundCases(t) {
		net, b, e, r := c.net, c.ball, c.e, c.r
		size := math.Exp(2*r.NormFloat64() - 1)
		x := randomPoints(r, 1, net.In()).RawRowView(0)
		p, ranges := e.outputs(x, size)
		possible := e.possible(x, size, every)
		at, settled := forward(net, x)
		last := len(net.Layers) - 1

		for range soundTries {
			y := randomPerturbation(r, b, x, size)
			before, after := forward(net, y)
			for k := range net.Layers {
				for j := range before[k] {
					apart := before[k][j] - at[k][j]
					between := (after[k][j] - settled[k][j]) / apart
					if r := ranges[k][j]; math.Abs(apart) > farApart && !(between >= r.Low-slopeRounding && between <= r.High+slopeRounding) {
						t.Fatalf("%s: slope %g of neuron %d in layer %d is not in [%g, %g]", c.name, between, j+1, k+1, r.Low, r.High)
					}
				}
			}

			for j, z := range before[last] {
				if d := math.Abs(z - p.at[j]); d > p.reach[j]+p.err[j]+evaluated {
					t.Fatalf("%s: output %d moves by %g, enclosed by %g", c.name, j, d, p.reach[j])
				}
			}

			if d := floats.Distance(after[last], settled[last], 2); d > possible+evaluated {
				t.Fatalf("%s: the outputs change by %g, possible is %g", c.name, d, possible)
			}
		}
	}
}

// slopeRounding is the tolerance for slopes between pre-activations that are more than farApart
// apart.
const slopeRounding, farApart = 1e-9, 1e-5

// A flip is never within the certified size, and a change that was seen is never larger than the
// possible change.
func TestNothingFoundContradictsWhatIsCertified(t *testing.T) {
	found, certified := 0, 0
	for _, c := range soundCases(t) {
		net, b, e, r := c.net, c.ball, c.e, c.r
		j := must[*judge](t)(newJudge(background, e, must[float64](t)(lipschitz(net, b, 0)), 10*time.Millisecond))
		x := randomPoints(r, soundPoints, net.In())
		all := must[[]decision](t)(j.decisions(background, x, nil, []float64{1}))

		for i, d := range all {
			point := x.RawRowView(i)
			j.improve(&d, point, sizesAround(0.3))
			if d.flip.size <= d.safe || d.byPairs > d.safe {
				t.Fatalf("%s: flip of size %g, certified %g (%g by pairs)", c.name, d.flip.size, d.safe, d.byPairs)
			}
			if d.byNorm > d.byPairs*(1+evaluated) {
				t.Errorf("%s: %g by norm, %g by pairs", c.name, d.byNorm, d.byPairs)
			}
			if d.flip.point != nil {
				found++
				if got := b.sizeOf(point, d.flip.point); got != d.flip.size {
					t.Errorf("%s: flip of size %g is reported with size %g", c.name, got, d.flip.size)
				}
				_, after := forward(net, d.flip.point)
				if floats.MaxIdx(after[len(after)-1]) != d.flip.to || d.flip.to == d.class {
					t.Errorf("%s: the flip leads to %v, not to class %d", c.name, after[len(after)-1], d.flip.to)
				}
			}

			if d.safe > 0 && d.safe < math.Inf(1) {
				certified++
				for range soundTries {
					_, after := forward(net, randomPerturbation(r, b, point, d.safe))
					if to := floats.MaxIdx(after[len(after)-1]); to != d.class {
						t.Fatalf("%s: class %d becomes %d within the certified size %g", c.name, d.class, to, d.safe)
					}
				}
			}
		}
	}
	if least, _ := soundNumbers(); found < least || certified < least {
		t.Errorf("only %d flips and %d certificates, too few for a test", found, certified)
	}
}

func TestSeenIsNeverMoreThanPossible(t *testing.T) {
	for _, c := range soundCases(t) {
		net, b, e, r := c.net, c.ball, c.e, c.r
		if last := len(net.Layers) - 1; net.IsDense() {
			net.Layers[last].Activation = net.Layers[0].Activation
			e = must[*encloser](t)(newEncloser(net, b))
		}

		x := randomPoints(r, soundPoints, net.In())
		size := math.Exp(2*r.NormFloat64() - 1)
		anywhere := size * must[float64](t)(lipschitz(net, b, 0)) * (1 + evaluated)
		possible := must[float64](t)(e.largestPossible(background, x, size, anywhere))
		s := search{net: net, ball: b, x: x}

		for _, output := range []int{every, 0} {
			y := must[*mat.Dense](t)(s.changes(background, size, output))
			for i := range soundPoints {
				seen := e.seen(x.RawRowView(i), y.RawRowView(i), output)
				here := e.possible(x.RawRowView(i), size, output)
				if seen > here || seen > possible || possible > anywhere {
					t.Fatalf("%s: seen %g, possible here %g, at the points %g, anywhere %g", c.name, seen, here, possible, anywhere)
				}
			}
		}
	}
}
