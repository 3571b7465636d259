package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// jacobianPaths are all ways to compute the Jacobian of the first k layers, regardless of which
// Jacobian chooses.
func jacobianPaths[T linalg.Float](p *Pass[T], k int) map[string]func() []T {
	paths := map[string]func() []T{
		"chosen":      func() []T { return p.Jacobian(k) },
		"from output": func() []T { return p.jacobianFromOutput(k) },
		"from input":  func() []T { return p.jacobianFromInput(k) },
	}
	if k == 2 && p.jac.outerProducts(p, p.layers[1].out*p.layers[0].in) {
		paths["outer products"] = p.jacobianByOuterProducts
	}
	return paths
}

func TestJacobian(t *testing.T) {
	const points = 3
	seen := map[string]int{}
	eachRandomNetwork(48, func(r *rand.Rand, net *Network) {
		x := normals(r, points*net.In())
		p := NewPass[float64](net, points+1)
		p.Forward(x, points)

		for k := 1; k <= len(net.Layers); k++ {
			want := naiveJacobians(net, x, k)
			for name, jacobian := range jacobianPaths(p, k) {
				checkClose(t, fmt.Sprintf("%s: layer %d, %s", describe(net), k, name), jacobian(), want, tolerance64)
				seen[name]++
			}
			if wide := net.Layers[k-1].Out() > net.In(); wide {
				seen["K > D"]++
			}
		}
	})

	for _, what := range []string{"outer products", "from output", "from input", "K > D"} {
		if seen[what] < 20 {
			t.Errorf("%s: only %d cases", what, seen[what])
		}
	}
}

// naiveJacobians returns the Jacobians of the first k layers at all points.
func naiveJacobians(net *Network, x []float64, k int) []float64 {
	var all []float64
	for point := range slices.Chunk(x, net.In()) {
		all = append(all, naiveJacobian(net, point, k)...)
	}
	return all
}

func TestJacobianInFloat32(t *testing.T) {
	const points = 3
	eachRandomNetwork(24, func(r *rand.Rand, net *Network) {
		for i := range net.Layers {
			if l := &net.Layers[i]; hasKink(l.Activation) {
				l.Activation = Activation{kind: gelu} // rounding cannot make its slope jump
			}
		}

		x := normals(r, points*net.In())
		p := NewPass[float32](net, points)
		p.Forward(converted[float32](x), points)

		for k := 1; k <= len(net.Layers); k++ {
			want := naiveJacobians(net, x, k)
			for name, jacobian := range jacobianPaths(p, k) {
				checkClose(t, fmt.Sprintf("%s: layer %d, %s", describe(net), k, name), jacobian(), want, tolerance32)
			}
		}
	})
}

// The Jacobian is the derivative of Forward, whatever shortcuts either takes.
func TestJacobianIsTheDerivative(t *testing.T) {
	const (
		h = 1e-6
		// Central differences err by h² times a third derivative, and by 1e-15/h for values of
		// order 1 to 100. A kink within h of a point would show as an error of order 1.
		tolerance = 1e-6
	)

	eachRandomNetwork(36, func(r *rand.Rand, net *Network) {
		d := net.In()
		x := normals(r, d)
		p := NewPass[float64](net, 2*d)
		var shifted []float64 // x + h e_i and x − h e_i, for each i

		for i := range d {
			for _, step := range []float64{h, -h} {
				y := slices.Clone(x)
				y[i] += step
				shifted = append(shifted, y...)
			}
		}

		for k := 1; k <= len(net.Layers); k++ {
			width := net.Layers[k-1].Out()
			f := NewPass[float64](net.UpTo(k), 2*d).Forward(shifted, 2*d)
			want := make([]float64, width*d)
			for i := range d {
				for row := range width {
					want[row*d+i] = (f[2*i*width+row] - f[(2*i+1)*width+row]) / (2 * h)
				}
			}
			p.Forward(x, 1)
			checkClose(t, fmt.Sprintf("%s: layer %d", describe(net), k), p.Jacobian(k), want, tolerance)
		}
	})
}

// If a table of outer products would be too large, the chain is used, from either end.
func TestJacobianOfAWideHiddenLayer(t *testing.T) {
	for _, widths := range [][]int{{160, 300, 90}, {90, 300, 160}} {
		if widths[0]*widths[1]*widths[2] <= maxOuter {
			t.Fatalf("%v are too few", widths)
		}
		r := newRand(7)
		net := testNetwork(r, widths, true, func() Activation { return ReLU })
		x := normals(r, 2*net.In())
		p := NewPass[float64](net, tableRows)
		p.Forward(x, 2)
		checkClose(t, fmt.Sprint(widths), p.Jacobian(2), naiveJacobians(net, x, 2), tolerance64)
		if p.jac.outer != nil {
			t.Errorf("%v: a table of %d numbers was made", widths, len(p.jac.outer))
		}
	}
}

// The Jacobian of a network without activations is the product of its weights everywhere.
func TestJacobianOfALinearNetwork(t *testing.T) {
	net := testNetwork(newRand(8), []int{2, 2, 2}, true, func() Activation { return Identity })
	net.Layers[0].Weight.SetRow(0, []float64{1, 2})
	net.Layers[0].Weight.SetRow(1, []float64{3, 4})
	net.Layers[1].Weight.SetRow(0, []float64{5, 6})
	net.Layers[1].Weight.SetRow(1, []float64{7, 8})
	p := NewPass[float64](net, 1)
	p.Forward([]float64{-3, math.Pi}, 1)
	if got, want := p.Jacobian(2), []float64{23, 34, 31, 46}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
