package audit

import (
	"reflect"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/testnet"
)

// layeredPoints is the number of samples for networks of other layers; each takes a second.
const layeredPoints = 5

// TestNetworksOfOtherLayers runs whole audits of networks with convolutions, pools and residual
// blocks: the bounds are in order, no number is NaN, and every layer has its norm.
func TestNetworksOfOtherLayers(t *testing.T) {
	nets := testnet.Layered(seeded(11))
	for kind, task := range map[string]Task{
		"signal": Classification, "residual pictures": Classification, "overlapping": Regression,
	} {
		if testing.Short() && kind != "signal" {
			continue // the others take minutes under the race detector
		}

		net := nets[kind]
		d := Data{X: randomPoints(seeded(12), layeredPoints, net.In())}
		if task == Classification {
			d.Labels = make([]int, layeredPoints)
			d.Classes = make([]string, net.Out())
		}

		r := must[*report.Report](t)(Run(background, Model{Net: net}, d, Options{Task: task, Tolerance: &Tolerance{Radius: 0.1}}))
		s := r.Lipschitz
		if !(0 < s.OnData && s.OnData <= s.Lower && s.Lower <= s.Upper) {
			t.Errorf("%s: on the data %v, lower %v, upper %v", kind, s.OnData, s.Lower, s.Upper)
		}
		checkNumbers(t, kind, reflect.ValueOf(r))
		for _, l := range r.Layers {
			if !(l.Norm > 0) || l.Reached != nil && *l.Reached > l.Certified {
				t.Errorf("%s, layer %d: norm %v, reached %v of %v", kind, l.Layer, l.Norm, l.Reached, l.Certified)
			}
		}
	}
}

// TestLastLayerOfAnyKind audits networks whose last layer is not a matrix: the identity is appended
// and changes nothing.
func TestLastLayerOfAnyKind(t *testing.T) {
	net := testnet.Layered(seeded(13))["residual"]
	open := net.UpTo(len(net.Layers) - 1)
	ended := endingInMatrix(open)
	if ended == open || len(ended.Layers) != len(open.Layers)+1 {
		t.Fatalf("%d layers became %d", len(open.Layers), len(ended.Layers))
	}
	x := randomPoints(seeded(14), 1, net.In()).RawRowView(0)
	_, want := forward(open, x)
	_, got := forward(ended, x)
	if !slices.Equal(got[len(got)-1], want[len(want)-1]) {
		t.Errorf("outputs %v, want %v", got[len(got)-1], want[len(want)-1])
	}
	r := must[*report.Report](t)(Run(background, Model{Net: open}, Data{X: randomPoints(seeded(15), 20, net.In())}, Options{}))
	if last := r.Layers[len(r.Layers)-1]; last.Name != "outputs" || last.Norm != 1 {
		t.Errorf("the last layer is %q with norm %v", last.Name, last.Norm)
	}
}
