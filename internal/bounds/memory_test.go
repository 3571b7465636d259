package bounds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// TestMemoryIsWhatIsTakenAtLeast: runs that need more memory than is available are refused, so the
// stated memory must never exceed the memory actually used.
func TestMemoryIsWhatIsTakenAtLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	weight := func(in int) float64 { return r.NormFloat64() / math.Sqrt(float64(in)) }
	nets := map[string]*network.Network{"convolutions": ofConvolutions(t, weight)}
	for _, widths := range [][]int{{80, 90, 3}, {20, 90, 100, 3}, {90, 20, 90, 3}} {
		nets[fmt.Sprint(widths)] = testnet.Network(widths, network.ReLU, network.Identity, weight, nil)
	}

	for of, net := range nets {
		for name, c := range map[string]struct {
			least func(*network.Network) float64
			bound func(*bounds.Bounds) float64
		}{
			"none":    {bounds.Memory, func(*bounds.Bounds) float64 { return 0 }},
			"liplt":   {bounds.Memory, func(b *bounds.Bounds) float64 { return b.LipLT(bounds.Two) }},
			"fast":    {bounds.RelaxedMemory, (*bounds.Bounds).EclipseFast},
			"optimal": {bounds.OptimalMemory, (*bounds.Bounds).LipSDPOptimal},
		} {
			var before, after runtime.MemStats
			runtime.GC() // twice, so that pools keep nothing from earlier tests
			runtime.GC()
			runtime.ReadMemStats(&before)
			b, err := bounds.NewWhole(net)
			if err != nil {
				t.Fatal(err)
			}
			b.Bound(bounds.Two, func(b *bounds.Bounds, _ bounds.Norm) float64 { return c.bound(b) })
			runtime.ReadMemStats(&after)

			// Not all of the allocated memory was held at once, least of all by an interior point
			// method.
			taken, least := float64(after.TotalAlloc-before.TotalAlloc), c.least(net)
			if least > taken || least < taken/1000 {
				t.Errorf("%v, %s: %.3g bytes at least, and took %.3g", of, name, least, taken)
			}
		}
	}
}

// ofConvolutions returns a network with two stretches of layers that are written out as matrices.
func ofConvolutions(t *testing.T, weight func(in int) float64) *network.Network {
	t.Helper()
	numbers := func(n int) []float64 {
		all := make([]float64, n)
		for i := range all {
			all[i] = weight(9)
		}
		return all
	}
	window := conv.Window{Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	convolution := func(in conv.Shape, channels int) (network.Layer, conv.Shape) {
		c, err := conv.NewConv(in, channels, window)
		if err != nil {
			t.Fatal(err)
		}
		return network.NewConvLayer(c, numbers(c.Kernel()), nil, network.ReLU), c.Out()
	}

	first, shape := convolution(conv.Shape{Channels: 1, Height: 8, Width: 8}, 2)
	second, shape := convolution(shape, 2)
	pool, err := conv.NewPool(shape, conv.Window{Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	third, shape := convolution(pool.Pooled(), 2)
	last := network.Layer{Weight: mat.NewDense(5, shape.Size(), numbers(5*shape.Size()))}

	return &network.Network{Layers: []network.Layer{first, second, {Pool: network.NewMaxPool(pool)}, third, last}}
}

// TestMemoryOfOutlines: an outline, which has only sizes, gives the same memory as the network.
func TestMemoryOfOutlines(t *testing.T) {
	wide := func(hidden int) float64 {
		return bounds.RelaxedMemory(&network.Network{Layers: []network.Layer{
			network.Outline(hidden, hidden, network.ReLU), network.Outline(hidden, 1, network.Identity),
		}})
	}
	// A copy of the weights and three square matrices of order n, although no machine holds them.
	if n := 1e8; wide(1e8) != 8*(n*n+n+3*n*n) {
		t.Errorf("%g bytes", wide(1e8))
	}
}
