package mlp

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Slopes come from float64, so that rounding moves no point across a kink: products alone err.
func TestJacobianFloat32IsTheJacobian(t *testing.T) {
	const points = 3
	eachRandomNetwork(48, func(r *rand.Rand, net *Network) {
		p := NewPass[float64](net, points+1).Share()
		for range 2 { // the second time in buffers that are there
			p.Forward(normals(r, points*net.In()), points)
			for k := 1; k <= len(net.Layers); k++ {
				got := append([]float64(nil), p.JacobianFloat32(k)...)
				checkClose(t, fmt.Sprintf("%s: layer %d", describe(net), k), got, p.Jacobian(k), tolerance32)
			}
		}
	})
}

func TestFitsFloat32(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		fits    bool
	}{
		{[]float64{1, 1}, true}, {[]float64{0.5, 1e18}, true}, {[]float64{1e-18, 3}, true},
		{[]float64{1e21, 1}, false}, {[]float64{1e-21, 1}, false},
		{[]float64{1e15, 1e-30}, false}, {[]float64{1e12, 1e12}, false}, {[]float64{0, 1}, false},
	} {
		net := &Network{}
		for _, w := range c.weights {
			net.Layers = append(net.Layers, Layer{Weight: mat.NewDense(1, 1, []float64{w}), Activation: ReLU})
		}
		if got := net.FitsFloat32(); got != c.fits {
			t.Errorf("weights %v: %v, want %v", c.weights, got, c.fits)
		}
	}
}
