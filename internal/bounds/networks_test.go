package bounds

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// published reads the weights of a network in testdata, stored as numbers of type T.
func published[T float32 | float64](t testing.TB, file string, widths ...int) *network.Network {
	t.Helper()
	content, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(content)
	return build(network.ReLU, widths, func(int) float64 {
		var v T
		if err := binary.Read(r, binary.LittleEndian, &v); err != nil {
			t.Fatal(err)
		}
		return float64(v)
	})
}

// build returns a network without biases and without activation on the outputs. It calls weight for
// each weight, in the order of layers, outputs and inputs, with the number of inputs.
func build(a network.Activation, widths []int, weight func(in int) float64) *network.Network {
	return testnet.Network(widths, a, network.Identity, weight, nil)
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// he returns a network with He's initialisation.
func he(seed uint64, widths ...int) *network.Network {
	r := seeded(seed)
	return build(network.ReLU, widths, func(in int) float64 { return r.NormFloat64() * math.Sqrt(2/float64(in)) })
}

// setBias gives every layer random biases.
func setBias(r *rand.Rand, net *network.Network) {
	for i := range net.Layers {
		l := &net.Layers[i]
		l.Bias = make([]float64, l.Out())
		for j := range l.Bias {
			l.Bias[j] = r.NormFloat64()
		}
	}
}

// randomActivation returns a random activation, with leaky slopes on all sides of 0 and 1.
func randomActivation(r *rand.Rand) network.Activation {
	names := network.ActivationNames()
	slopes := []float64{0.01, 0.5, -0.5, -1, 2, 1}
	a, err := network.ParseActivation(names[r.IntN(len(names))], slopes[r.IntN(len(slopes))])
	if err != nil {
		panic(err)
	}
	return a
}

// randomNetwork returns a random network of depth 1 to 8, with activations on all layers, often
// degenerate.
func randomNetwork(r *rand.Rand) *network.Network {
	widths := []int{1, 2, 3, 4, 7, 12}
	dims := make([]int, 2+r.IntN(8))
	for i := range dims {
		dims[i] = widths[r.IntN(len(widths))]
	}
	return randomOf(r, dims)
}

// deepNetwork returns a random network of up to 64 layers, each with up to 64 units.
func deepNetwork(r *rand.Rand) *network.Network {
	dims := make([]int, 2+r.IntN(64))
	most := []int{4, 16, 64}[r.IntN(3)]
	for i := range dims {
		dims[i] = 1 + r.IntN(most)
	}
	return randomOf(r, dims)
}

// randomOf returns a network of the given widths with random weights and activations, and
// degenerate features.
func randomOf(r *rand.Rand, dims []int) *network.Network {
	net := build(network.Identity, dims, func(in int) float64 { return r.NormFloat64() / math.Sqrt(float64(in)) })
	setBias(r, net)
	same := randomActivation(r)

	for i := range net.Layers {
		l := &net.Layers[i]
		l.Activation = same
		if r.IntN(4) == 0 {
			l.Activation = randomActivation(r)
		}
		if r.IntN(6) == 0 {
			degenerate(r, l.Weight)
		}
		if r.IntN(8) == 0 {
			rescale(l, math.Pow(10, 300*r.Float64()-150))
		}
	}

	return net
}

// degenerate gives w properties that random matrices lack.
func degenerate(r *rand.Rand, w *mat.Dense) {
	rows, cols := w.Dims()
	switch r.IntN(7) {
	case 0:
		w.Zero()
	case 1: // rank one
		x, y := mat.DenseCopyOf(w.Slice(0, rows, 0, 1)), mat.DenseCopyOf(w.Slice(0, 1, 0, cols))
		w.Mul(x, y)
	case 2: // a unit without input
		clear(w.RawRowView(r.IntN(rows)))
	case 3: // a unit without output
		j := r.IntN(cols)
		for i := range rows {
			w.Set(i, j, 0)
		}
	case 4: // equal units
		copy(w.RawRowView(r.IntN(rows)), w.RawRowView(0))
	case 5:
		w.Copy(magnitudes(w))
	case 6: // units of very different sizes
		for i := range rows {
			scale := math.Pow(10, 40*r.Float64()-20)
			for j := range cols {
				w.Set(i, j, w.At(i, j)*scale)
			}
		}
	}
}

func rescale(l *network.Layer, factor float64) {
	l.Weight.Scale(factor, l.Weight)
	for j := range l.Bias {
		l.Bias[j] *= factor
	}
}

func describe(net *network.Network) string {
	s := fmt.Sprint(net.In())
	for _, l := range net.Layers {
		s += fmt.Sprintf(" -%.3g-> %d %v", mat.Norm(l.Weight, 2), l.Out(), l.Activation)
	}
	return s
}

func mustBounds(t testing.TB, net *network.Network) *Bounds {
	t.Helper()
	b, err := New(net)
	if err != nil {
		t.Fatalf("%s: %v", describe(net), err)
	}
	return b
}

// chained returns D_L W_L … D_1 W_1 for the diagonals D (or D = I if there are none), as a matrix
// of norm near 1 times a power of 2.
func chained(net *network.Network, diagonals [][]float64) (product *mat.Dense, exponent int) {
	for i, l := range net.Layers {
		next := l.Weight
		if product != nil {
			next = new(mat.Dense)
			scaled, e := normalised(l.Weight)
			next.Mul(scaled, product)
			exponent += e
		}

		product = mat.DenseCopyOf(next)
		for j, d := range diagonals[i] {
			row := product.RawRowView(j)
			for k := range row {
				row[k] *= d
			}
		}

		var e int
		product, e = normalised(product)
		exponent += e
	}

	return product, exponent
}

// normalised returns a as a matrix of norm near 1 times a power of 2.
func normalised(a *mat.Dense) (*mat.Dense, int) {
	_, e := math.Frexp(linalg.SpectralNorm(a))
	return scaledBy(a, -e), e
}
