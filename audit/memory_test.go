package audit

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// withMemory sets the available memory, in bytes, for the duration of a test.
func withMemory(t *testing.T, bytes float64) {
	t.Helper()
	real, little := availableMemory, littleMemory
	availableMemory, littleMemory = func() float64 { return bytes }, 0
	t.Cleanup(func() { availableMemory, littleMemory = real, little })
}

// TestBoundsThatDoNotFit checks that bounds which do not fit into memory are left out with the
// reason, and that a network is refused at once if memory does not suffice even for its norms.
func TestBoundsThatDoNotFit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	weight := func(in int) float64 { return r.NormFloat64() / float64(in) }
	net := testnet.Network([]int{20, 20, 20, 20, 2}, network.ReLU, network.Identity, weight, nil)
	x := mat.NewDense(3, 20, nil)
	x.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, x)

	run := func(available float64) (*report.Report, error) {
		withMemory(t, available)
		return Run(context.Background(), Model{Net: net, File: "wide.onnx"}, Data{Source: "data", X: x}, Options{})
	}

	all, err := run(1e12)
	if err != nil {
		t.Fatal(err)
	}
	plain, relaxed := bounds.Memory(net), bounds.RelaxedMemory(net)

	// One byte too few for the norms and a copy of the weights.
	_, err = run(plain - 1)
	for _, word := range []string{
		"model wide.onnx: its bounds need at least 1.63e-05 GB of memory, but only 1.63e-05 GB are available",
		"the largest of 4 layers has 20 inputs and 20 outputs",
	} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v lacks %q", err, word)
		}
	}

	// Enough for these, but one byte too few for ECLipsE.
	less, err := run(relaxed - plain - 1)
	if err == nil {
		for i, m := range less.Lipschitz.Methods {
			left := strings.Contains(m.Reason, "of memory, but only")
			relaxes := strings.HasPrefix(m.Name, "eclipse") || strings.HasPrefix(m.Name, "lipsdp")
			if left != (relaxes && all.Lipschitz.Methods[i].Value != nil) {
				t.Errorf("%s: %q", m.Name, m.Reason)
			}
		}
	}
	// Branch and bound stops by the clock, so either upper bound may be the smaller one.
	if err != nil || less.Lipschitz.Upper < all.Lipschitz.Lower {
		t.Errorf("without the larger bounds: error %v", err)
	}

	// A network too large for any machine, which is recognised by its sizes alone.
	huge := &network.Network{Layers: []network.Layer{network.Outline(1e6, 1e6, network.ReLU)}}
	if err := checkMemory(huge); err == nil || !strings.Contains(err.Error(), "at least 2.4e+04 GB") {
		t.Errorf("error %v", err)
	}

	// All processors compute bounds near single samples.
	near, err := run(float64(processors.Count())*relaxed - 1)
	notes := ""
	if err == nil {
		notes = strings.Join(near.Model.Notes, "\n")
	}
	if !strings.Contains(notes, "bounds near single samples would take") {
		t.Errorf("notes %q, error %v", notes, err)
	}
}
