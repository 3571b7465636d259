package tracker

import (
	"math/rand/v2"
	"testing"

	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// The bounds enclose the constant that enumeration finds. A network that branch and bound refuses
// gets a cheap bound with a warning.
func TestSandwichEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	net := testnet.Network([]int{3, 12, 2}, network.ReLU, network.Identity, func(int) float64 { return r.NormFloat64() }, r.NormFloat64)
	s := &Snapshot{Net: net}
	ends, err := metricOf(t, series.UpperSandwich, Options{}).Measure(s)
	if err != nil {
		t.Fatal(err)
	}

	exact, err := metricOf(t, series.ExactLipschitz, Options{}).Measure(s)
	if err != nil {
		t.Fatal(err)
	}

	upper, lower, constant := float64(ends[0].Value), float64(ends[1].Value), float64(exact[0].Value)
	if lower > constant*(1+1e-11) || upper < constant*(1-1e-11) || upper > 1.0011*lower ||
		ends[0].Kind != series.Certified || ends[1].Kind != series.Lower {
		t.Errorf("%v, the constant is %g", ends, constant)
	}

	wide := testnet.Network([]int{3, 80, 2}, network.ReLU, network.Identity, func(int) float64 { return 1 }, nil)
	none, err := metricOf(t, series.UpperSandwich, Options{}).Measure(&Snapshot{Net: wide})
	if err != nil || len(none) != 1 || !(float64(none[0].Value) > 1) || none[0].Warning == "" {
		t.Errorf("%v, %v", none, err)
	}
}
