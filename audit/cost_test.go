package audit

import (
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// deepConvolutions returns a network with 16 convolutions of 32 channels over pictures of 28×28,
// then ten outputs. It takes 28² multiplications for each parameter of a kernel, and one for each
// of the last layer.
func deepConvolutions(t *testing.T) *network.Network {
	t.Helper()
	net := &network.Network{}
	shape := conv.Shape{Channels: 1, Height: 28, Width: 28}

	for range 16 {
		c, err := conv.NewConv(shape, 32, conv.Square(3, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		net.Layers = append(net.Layers, network.NewConvLayer(c, make([]float64, c.Kernel()), nil, network.ReLU))
		shape = c.Out()
	}

	net.Layers = append(net.Layers, network.Layer{Weight: mat.NewDense(10, shape.Size(), nil)})
	return net
}

// An audit takes fewer samples and fewer search rounds if a Jacobian takes long, and notes that,
// unless it is thorough.
func TestCostsAreBounded(t *testing.T) {
	small := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(3, 4, nil)}}}
	deep := deepConvolutions(t)

	for _, c := range []struct {
		net             *network.Network
		samples, rounds int
		note            string
	}{
		{small, 1000, 30, ""},
		{deep, fewestSamplesDrawn, 0, "a Jacobian of this network takes 2.7e+09 operations"},
	} {
		samples, note := DefaultSamples(c.net, 5000)
		if samples != c.samples || (note == "") != (c.note == "") || !strings.Contains(note, c.note) {
			t.Errorf("%d samples, %q; want %d, %q", samples, note, c.samples, c.note)
		}

		rounds, note := Options{}.searchRounds(c.net)
		if rounds != c.rounds || !strings.Contains(note, c.note) {
			t.Errorf("%d rounds, %q; want %d, %q", rounds, note, c.rounds, c.note)
		}
		if rounds, note := (Options{Thorough: true}).searchRounds(c.net); rounds != 30 || note != "" {
			t.Errorf("thorough: %d rounds, %q", rounds, note)
		}
	}

	if _, note := DefaultSamples(deep, 10); note != "" {
		t.Errorf("none of 10 samples is left out, but the note is %q", note)
	}
}

// Without rounds only the samples are evaluated, and their largest Jacobian norm is the result.
func TestMeasureWithoutRounds(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(1, 2, []float64{3, 4})}}}
	found, err := measureLayers(t.Context(), net, mat.NewDense(1, 2, []float64{1, 1}), []int{0}, true, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, is := found[[2]string{series.SearchLowerBound, ""}]; is {
		t.Error("it searched")
	}
	onData, _ := found.lower(1, 1)
	if lower, reason := found.largestFound(onData); reason != "" || lower < 5*(1-1e-12) || lower > 5 {
		t.Errorf("lower bound %v (%s), want 5", lower, reason)
	}
}

// Searches over networks of convolutions respect their effort, except for a few steps. Searches
// over dense networks and thorough searches take all rounds.
func TestSearchesKeepToTheirEffort(t *testing.T) {
	net := testnet.Layered(rand.New(rand.NewPCG(5, 6)))["overlapping"]
	dense := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(2, 3, nil)}}}
	x := mat.NewDense(10, net.In(), nil)

	for _, test := range []struct {
		of     search
		effort float64
		want   int
	}{
		{search{net: net, x: x}, 0, 32},
		{search{net: net, x: x}, 1e9, 32},
		{search{net: net, x: x}, 10 * 100 * 7, 7},
		{search{net: net, x: x}, 1, fewestRounds},
		{search{net: dense, x: x}, 1, 32},
	} {
		test.of.effort = test.effort
		if got := test.of.rounds(32, 100); got != test.want {
			t.Errorf("effort %g: %d rounds, want %d", test.effort, got, test.want)
		}
	}
}
