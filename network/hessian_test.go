package network

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
)

func TestSecondDerivativesByFiniteDifferences(t *testing.T) {
	for _, a := range everyActivation {
		for _, z := range []float64{-30, -4, -1.3, -0.2, 0.1, 0.9, 2.5, 30} {
			got := []float64{z}
			secondDerivatives(a, got)
			want := fd.Derivative(func(z float64) float64 { _, s := applied(a, z); return s }, z, &fd.Settings{Formula: fd.Central})
			checkClose(t, fmt.Sprintf("φ″(%v) of %v", z, a), got, []float64{want}, 1e-8)
		}
	}
}

// TestHessianProductByFiniteDifferences differentiates u·J(x)·v at each of several points.
func TestHessianProductByFiniteDifferences(t *testing.T) {
	const points = 3
	r := newRand(6)
	for _, widths := range [][]int{{4, 3}, {4, 9, 3}, {3, 8, 7, 2}, {2, 5, 9, 6, 5}} {
		for _, a := range everyActivation {
			net := testNetwork(r, widths, true, func() Activation { return a })
			d, k := net.In(), net.Out()
			x, u, v := normals(r, points*d), normals(r, points*k), normals(r, points*d)
			p := NewPass[float64](net, points)
			p.Forward(x, points)
			got := p.HessianProduct(u, v)

			for i := range points {
				ui, vi := u[i*k:][:k], v[i*d:][:d]
				want := fd.Gradient(nil, func(x []float64) float64 {
					j := naiveJacobian(net, x, len(net.Layers))
					sum := 0.0
					for row, w := range ui {
						sum += w * floats.Dot(j[row*d:][:d], vi)
					}
					return sum
				}, x[i*d:][:d], &fd.Settings{Formula: fd.Central, Step: 1e-5})
				checkClose(t, describe(net), got[i*d:][:d], want, 1e-6)
			}
		}
	}
}
