package network

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Slopes come from float64, so that rounding moves no point across a kink. Only products err.
func TestJacobianFloat32IsTheJacobian(t *testing.T) {
	const points = 3
	eachRandomNetwork(48, func(r *rand.Rand, net *Network) {
		p := NewPass[float64](net, points+1).Share()
		for range 2 { // the second time with existing buffers
			p.Forward(normals(r, points*net.In()), points)
			for k := 1; k <= len(net.Layers); k++ {
				got := append([]float64(nil), JacobianFloat32(p, k)...)
				checkClose(t, fmt.Sprintf("%s: layer %d", describe(net), k), got, p.Jacobian(k), tolerance32)
			}
		}
	})
}

// Layers are wide enough for the kernel, outputs fill one group of rows, several and part of one,
// and points fill several blocks. Then the same pass loads another network.
func TestJacobianFloat32BySelection(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and shorter tests cover what is concurrent in it")
	}
	if !linalg.FastSelection() {
		t.Skip("the selection kernel does not run on this processor")
	}
	const points = 2*selectionBlock + 3
	r := newRand(12)
	for _, widths := range [][]int{{40, 64, 10}, {16, 16, 4}, {40, 50, 33, 10}, {30, 20, 17}, {70, 40, 31, 30}, {40, 64, 64, 64, 23}} {
		for _, activations := range [][]Activation{{ReLU}, {LeakyReLU(0.1), ReLU}, everyActivation} {
			pick := func() Activation { return activations[r.IntN(len(activations))] }
			first, second := testNetwork(r, widths, true, pick), testNetwork(r, widths, true, pick)
			p := NewPass[float64](first, points)
			q := p.Share()

			for _, net := range []*Network{first, second} {
				if !p.Load(net) {
					t.Fatalf("%s: not loaded", describe(net))
				}
				q.Follow(p)
				for _, p := range []*Pass[float64]{p, q} {
					x := normals(r, points*net.In())
					p.Forward(x, points)
					got := JacobianFloat32(p, len(widths)-1)
					if p.narrow.selection == nil {
						t.Fatalf("%s: not by selection", describe(net))
					}
					checkClose(t, describe(net), got, naiveJacobians(net, x, len(widths)-1), tolerance32)
				}
			}
		}
	}
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
