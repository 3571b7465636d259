package network

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

var blasChoice = flag.String("blas", linalg.AutoBLAS, "BLAS for the tests: auto, gonum or the path of a library")

func TestMain(m *testing.M) {
	flag.Parse()
	linalg.UseBLAS(*blasChoice)
	os.Exit(m.Run())
}

// everyActivation has each kind in the table, and leaky ReLU with slopes inside, at the edge of and
// outside [0, 1].
var everyActivation = activationsOfEveryKind()

func activationsOfEveryKind() []Activation {
	var all []Activation
	for i := range activations {
		kind := activationKind(i)
		if kind == leakyReLU {
			all = append(all, LeakyReLU(0.01), LeakyReLU(0), LeakyReLU(-0.5), LeakyReLU(2))
			continue
		}
		all = append(all, Activation{kind: kind})
	}
	return all
}

// hasKink reports whether an activation is not differentiable at 0.
func hasKink(a Activation) bool { return a.kind == relu || a.kind == leakyReLU }

// applied returns φ(z) and φ′(z) for one number.
func applied[T linalg.Float](a Activation, z T) (value, slope T) {
	v, s := []T{z}, []T{T(math.NaN())}
	Apply(a, v, s)
	return v[0], s[0]
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// testNetwork draws a network whose layers have the given widths, the input's first, each
// followed by the activation that pick returns. Values stay of order 1 from layer to layer.
func testNetwork(r *rand.Rand, widths []int, bias bool, pick func() Activation) *Network {
	net := &Network{}
	for i := 1; i < len(widths); i++ {
		out, in := widths[i], widths[i-1]
		l := Layer{Weight: mat.NewDense(out, in, normals(r, out*in)), Activation: pick()}
		l.Weight.Scale(1.5/math.Sqrt(float64(in)), l.Weight)
		if bias {
			l.Bias = normals(r, out)
		}
		net.Layers = append(net.Layers, l)
	}
	return net
}

// eachRandomNetwork runs a test on networks of 1 to 6 layers and 1 to 70 neurons, wider at either
// end, with and without biases, with one activation or a mixture.
func eachRandomNetwork(count int, test func(r *rand.Rand, net *Network)) {
	r := newRand(1)
	for i := range count {
		widths := make([]int, 2+i%6)
		for j := range widths {
			widths[j] = 1 + r.IntN(70)
		}
		pick := func() Activation { return everyActivation[i/2%len(everyActivation)] }
		if i%3 == 0 {
			pick = func() Activation { return everyActivation[r.IntN(len(everyActivation))] }
		}
		test(r, testNetwork(r, widths, i%4 < 2, pick))
	}
}

// describe describes a network in words: "40 → 64 relu → 10 identity, with biases".
func describe(net *Network) string {
	text := fmt.Sprint(net.In())
	for _, l := range net.Layers {
		text += fmt.Sprintf(" → %d %v", l.Out(), l.Activation)
	}
	if net.Layers[0].Bias != nil {
		text += ", with biases"
	}
	return text
}

// naiveForward evaluates a network by its definition. It returns the values and slopes of every
// layer at x.
func naiveForward(net *Network, x []float64) (values, slopes [][]float64) {
	for _, l := range net.Layers {
		value, slope := make([]float64, l.Out()), make([]float64, l.Out())
		for i := range value {
			var z float64
			for j, v := range x {
				z += l.Weight.At(i, j) * v
			}
			if l.Bias != nil {
				z += l.Bias[i]
			}
			value[i], slope[i] = applied(l.Activation, z)
		}

		values, slopes, x = append(values, value), append(slopes, slope), value
	}

	return values, slopes
}

// naiveJacobian returns the Jacobian of the first k layers at x by the chain rule, entry by entry.
func naiveJacobian(net *Network, x []float64, k int) []float64 {
	_, slopes := naiveForward(net, x)
	d := net.In()
	j := identityMatrix(d)

	for i, l := range net.Layers[:k] {
		next := make([]float64, l.Out()*d)
		for row := range l.Out() {
			for col := range d {
				var s float64
				for h := range l.In() {
					s += l.Weight.At(row, h) * j[h*d+col]
				}
				next[row*d+col] = slopes[i][row] * s
			}
		}
		j = next
	}

	return j
}

func identityMatrix(n int) []float64 {
	m := make([]float64, n*n)
	for i := range n {
		m[i*n+i] = 1
	}
	return m
}

// relativeError returns the largest |got − want| over the largest |want|, or over 1 if that is
// larger. It is infinite if the lengths differ or anything is NaN.
func relativeError[T linalg.Float](got []T, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, scale := 0.0, 1.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - w)
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, scale = max(worst, d), max(scale, math.Abs(w))
	}
	return worst / scale
}

func checkClose[T linalg.Float](t *testing.T, what string, got []T, want []float64, tolerance float64) {
	t.Helper()
	if e := relativeError(got, want); !(e <= tolerance) {
		t.Errorf("%s: relative error %g, allowed %g", what, e, tolerance)
	}
}
