package bounds

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// More work never makes the smallest bound larger, whether a descent or the optimum comes first;
// enough work brings it to the optimum.
func TestMoreWorkIsNoWorse(t *testing.T) {
	deep, wide, odd := he(1, 12, 12, 12, 12, 1), he(2, 3, 60, 2), he(3, 4, 40, 40, 2)
	gelu, err := network.ParseActivation("gelu", 0)
	if err != nil {
		t.Fatal(err)
	}

	for i := range odd.Layers {
		odd.Layers[i].Activation = gelu
	}

	for name, net := range map[string]*network.Network{"deep": deep, "wide": wide, "gelu": odd} {
		most := ScaledWork(net) + DiagonalWork(net) + DescentWork(net) + OptimalWork(net)
		before, drops := math.Inf(1), 0
		for _, share := range []float64{0, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1} {
			b := mustBounds(t, net)
			b.Afford(share * most * (1 + 1e-12))
			best := b.Best(Two)
			if best > before {
				t.Errorf("%s: %g of the work leaves %g, less of it %g", name, share, best, before)
			}

			if best < before {
				drops++
			}
			before = best
		}

		if drops < 3 {
			t.Errorf("%s: the bound fell only %d times", name, drops)
		}

		if optimal := mustBounds(t, net).LipSDPOptimal(); before > optimal {
			t.Errorf("%s: all of the work leaves %g, the optimum is %g", name, before, optimal)
		}
	}
}

// A descent with fewer evaluations is the beginning of a longer one.
func TestDescentGoesOn(t *testing.T) {
	net := he(4, 5, 30, 3)
	before := math.Inf(1)
	for _, evaluations := range []int{1, 2, 5, 20, 60, 119, 120, 121, 150, 240, 241, 360} {
		bound := mustBounds(t, net).descended(evaluations)
		if bound > before {
			t.Errorf("%g after %d evaluations, %g after fewer", bound, evaluations, before)
		}
		before = bound
	}

	if whole := mustBounds(t, net).LipSDP(); before != whole {
		t.Errorf("%g after all evaluations, %g by LipSDP", before, whole)
	}
}
