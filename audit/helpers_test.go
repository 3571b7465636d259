package audit

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// build returns a network with the given widths, the input's first, and the activation on the
// hidden layers. next draws its weights and biases.
func build(a network.Activation, widths []int, next func() float64) *network.Network {
	return testnet.Network(widths, a, network.Identity,
		func(in int) float64 { return next() * math.Sqrt(2/float64(in)) },
		func() float64 { return next() / 2 })
}

// activation returns the activation with the given name, with a leaky slope of 0.2.
func activation(t testing.TB, name string) network.Activation {
	t.Helper()
	a, err := network.ParseActivation(name, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// randomNetwork returns a network with 1 to 4 layers of 1 to 12 neurons, any activation and at
// least 2 outputs.
func randomNetwork(t testing.TB, r *rand.Rand) *network.Network {
	t.Helper()
	widths := make([]int, 2+r.IntN(4))
	for i := range widths {
		widths[i] = 1 + r.IntN(12)
	}
	widths[len(widths)-1] = 2 + r.IntN(4)
	names := network.ActivationNames()
	return build(activation(t, names[r.IntN(len(names))]), widths, r.NormFloat64)
}

// randomPoints returns n normally distributed points.
func randomPoints(r *rand.Rand, n, d int) *mat.Dense { return testnet.Matrix(n, d, r.NormFloat64) }

// randomBall returns a ball or a box whose features have units of different sizes, some of them 0.
func randomBall(r *rand.Rand, d int) ball {
	b := ball{box: r.IntN(2) == 0, unit: make([]float64, d)}
	for i := range b.unit {
		b.unit[i] = math.Exp(r.NormFloat64())
		if i > 0 && r.IntN(5) == 0 {
			b.unit[i] = 0
		}
	}
	return b
}

// randomPerturbation returns x moved by a random u, on the surface of the ball of the given size or
// inside it.
func randomPerturbation(r *rand.Rand, b ball, x []float64, size float64) []float64 {
	u, w, y := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	for i := range w {
		w[i] = r.NormFloat64()
	}
	if r.IntN(3) == 0 {
		size *= r.Float64()
	}
	b.steepestPoint(u, w, size*inside)
	b.move(y, x, u)
	return y
}

// forward returns the values of every layer at x, before and after the activation.
func forward(net *network.Network, x []float64) (before, after [][]float64) {
	for _, l := range net.Layers {
		z := make([]float64, l.Out())
		if l.Pool != nil {
			for i, window := range l.Pool.Windows {
				z[i] = math.Inf(-1)
				for _, j := range window {
					z[i] = max(z[i], x[j])
				}
			}
		} else {
			for i := range z {
				l.Linear().Row(i, func(j int, v float64) { z[i] += v * x[j] })
			}
		}

		for i := range l.Bias {
			z[i] += l.Bias[i]
		}
		before = append(before, append([]float64{}, z...))
		network.Apply(l.Activation, z[:len(z)-l.Through], nil)
		after = append(after, z)
		x = z
	}

	return before, after
}

// soundCase is a network whose enclosures are tested, with the settings of the test.
type soundCase struct {
	name string
	net  *network.Network
	e    *encloser
	ball ball
	r    *rand.Rand
}

// soundCases returns dense networks of all kinds, and networks of convolutions, pools and residual
// blocks. The latter are tested both as matrices, if possible, and with intervals.
func soundCases(t *testing.T) []soundCase {
	t.Helper()
	var cases []soundCase
	dense, layered := soundNumbers()
	for seed := range uint64(dense) {
		r := seeded(seed)
		net := randomNetwork(t, r)
		b := randomBall(r, net.In())
		name := fmt.Sprintf("seed %d, %s", seed, describe(net))
		cases = append(cases, soundCase{name, net, must[*encloser](t)(newEncloser(net, b)), b, r})
	}

	for seed := range uint64(layered) {
		nets := testnet.Layered(seeded(1000 + seed))
		for _, kind := range slices.Sorted(maps.Keys(nets)) {
			net, r := nets[kind], seeded(seed)
			b := randomBall(r, net.In())
			name := fmt.Sprintf("seed %d, %s", seed, kind)
			intervals := must[*encloser](t)(encloserOf(net, nil, nil, b))
			cases = append(cases, soundCase{name + ", intervals", net, intervals, b, r})
			if writtenOut(net) != nil {
				cases = append(cases, soundCase{name, net, must[*encloser](t)(newEncloser(net, b)), b, r})
			}
		}
	}
	return cases
}

func describe(net *network.Network) string {
	s := fmt.Sprint(net.In())
	for _, l := range net.Layers {
		s += fmt.Sprintf(" → %d %v", l.Out(), l.Activation)
	}
	return s
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var background = context.Background()

func newEncloser(net *network.Network, b ball) (*encloser, error) {
	return encloserOf(net, writtenOut(net), nil, b)
}

// seen returns a lower bound of the change of the output from x to y that includes rounding.
func (e *encloser) seen(x, y []float64, output int) float64 {
	change := e.seenChanges(x, y)
	only(change, output)
	return rounding.SumDown(floats.Norm(change, 2), len(change))
}
