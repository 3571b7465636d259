package network

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// The tolerances hold for sums of at most 70 products through at most six layers in each precision.
// Most of the tolerance allows for the order of addition.
const (
	tolerance64 = 1e-12
	tolerance32 = 1e-4
)

func TestForward(t *testing.T) {
	const points = 5
	eachRandomNetwork(60, func(r *rand.Rand, net *Network) {
		x := normals(r, points*net.In())
		testForward[float64](t, net, x, tolerance64)
		testForward[float32](t, net, x, tolerance32)
	})
}

func testForward[T linalg.Float](t *testing.T, net *Network, x []float64, tolerance float64) {
	t.Helper()
	n, d := len(x)/net.In(), net.In()
	p := NewPass[T](net, n)
	outputs := p.Forward(converted[T](x), n)
	if !slices.Equal(p.Outputs(), outputs) {
		t.Errorf("%s: Outputs differs from what Forward returned", describe(net))
	}
	for i := range n {
		values, slopes := naiveForward(net, x[i*d:(i+1)*d])
		checkClose(t, describe(net)+": output", outputs[i*net.Out():(i+1)*net.Out()], values[len(values)-1], tolerance)
		for k, want := range slopes {
			if hasKink(net.Layers[k].Activation) && tolerance > tolerance64 {
				continue // rounding may carry a pre-activation across the kink
			}
			width := len(want)
			checkClose(t, fmt.Sprintf("%s: slopes of layer %d", describe(net), k+1), p.Slopes(k + 1)[i*width:(i+1)*width], want, tolerance)
		}
	}
}

// A pass that has evaluated other chunks, larger and smaller, gives the same results as a fresh
// pass.
func TestPassIsReusable(t *testing.T) {
	const rows = 9
	eachRandomNetwork(12, func(r *rand.Rand, net *Network) {
		used := NewPass[float64](net, rows)
		for _, n := range []int{rows, 1, 4, 0, 7, rows} {
			x := normals(r, n*net.In())
			fresh := NewPass[float64](net, rows)
			fresh.Forward(x, n)
			if got := used.Forward(x, n); !slices.Equal(got, fresh.Outputs()) || len(got) != n*net.Out() {
				t.Errorf("%s: outputs of a chunk of %d differ in a used pass", describe(net), n)
			}
			for k := range net.Layers {
				if !slices.Equal(used.Jacobian(k+1), fresh.Jacobian(k+1)) {
					t.Errorf("%s: Jacobians of layer %d of a chunk of %d differ in a used pass", describe(net), k+1, n)
				}
			}
		}
	})
}

func TestForwardPanicsOnTooManyPoints(t *testing.T) {
	net := testNetwork(newRand(5), []int{3, 2}, false, func() Activation { return ReLU })
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewPass[float64](net, 2).Forward(make([]float64, 9), 3)
}

// TestShare evaluates different points at once, for the race detector.
func TestShare(t *testing.T) {
	const rows, goroutines, rounds = 6, 4, 5
	eachRandomNetwork(12, func(r *rand.Rand, net *Network) {
		first := NewPass[float32](net, rows)
		depth := len(net.Layers)
		var group sync.WaitGroup

		for range goroutines {
			x := converted[float32](normals(r, rows*net.In()))
			own := NewPass[float32](net, rows)
			outputs, jacobian := own.Forward(x, rows), own.Jacobian(depth)
			shared := first.Share()
			group.Go(func() {
				for range rounds {
					if !slices.Equal(shared.Forward(x, rows), outputs) || !slices.Equal(shared.Jacobian(depth), jacobian) {
						t.Errorf("%s: a shared pass differs from one of its own", describe(net))
					}
				}
			})
		}

		group.Wait()
	})
}

// A pass that has loaded another network equals a new pass over that network to the bit, also if
// its Jacobian uses a table.
func TestLoad(t *testing.T) {
	r := newRand(13)
	for _, widths := range [][]int{{5, 7, 3}, {3, 6, 4}, {4, 9, 8, 2}} {
		pick := func() Activation { return everyActivation[r.IntN(len(everyActivation))] }
		before, net := testNetwork(r, widths, false, pick), testNetwork(r, widths, true, pick)
		x := normals(r, tableRows*widths[0])
		p := NewPass[float64](before, tableRows)
		p.Forward(x, tableRows)
		p.Jacobian(len(widths) - 1)
		JacobianFloat32(p, len(widths)-1)
		if !p.Load(net) {
			t.Fatalf("%v: not loaded", widths)
		}
		want := NewPass[float64](net, tableRows)
		if !slices.Equal(p.Forward(x, tableRows), want.Forward(x, tableRows)) {
			t.Errorf("%v: the values differ", widths)
		}
		for k := 1; k < len(widths); k++ {
			if !slices.Equal(p.Jacobian(k), want.Jacobian(k)) || !slices.Equal(JacobianFloat32(p, k), JacobianFloat32(want, k)) {
				t.Errorf("%v: the Jacobian up to layer %d differs", widths, k)
			}
		}
		if p.Load(testNetwork(r, append(widths, 2), false, pick)) {
			t.Errorf("%v: loaded a deeper network", widths)
		}
	}
}
