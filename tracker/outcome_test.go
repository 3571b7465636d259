package tracker

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestOutcomesAreThoseOfTheirPoints compares the norms over the points of each outcome with a
// measurement of these points alone.
func TestOutcomesAreThoseOfTheirPoints(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(12), network.ReLU, network.Identity, true, 1, 5, 9, 3))
	all := measure(t, jacobian{}, s)
	for outcome, correct := range map[string]bool{"correct": true, "misclassified": false} {
		part := &Snapshot{Net: s.Net, Probes: Probes{X: &mat.Dense{}}}
		for i := range s.Probes.Len() {
			x := s.Probes.X.RawRowView(i)
			if (floats.MaxIdx(evaluate(s.Net, x)) == s.Probes.Labels[i]) == correct {
				part.Probes.X = appendRow(part.Probes.X, x)
			}
		}

		want := measure(t, jacobian{}, part)
		for _, metric := range []string{series.LowerBound, series.JacobianMean, series.JacobianRMS} {
			if got := all[metric+" on="+outcome]; !near(got, want[metric], roundoff) {
				t.Errorf("%s on %s points: %v, of those points alone %v", metric, outcome, got, want[metric])
			}
		}
	}
}

func appendRow(m *mat.Dense, row []float64) *mat.Dense {
	if m.IsEmpty() {
		return mat.NewDense(1, len(row), row)
	}
	var longer mat.Dense
	longer.Stack(m, mat.NewDense(1, len(row), row))
	return &longer
}

// TestFirstOfEqualOutputsIsTheClass takes a network with equal outputs, which assigns every point
// to class 0.
func TestFirstOfEqualOutputsIsTheClass(t *testing.T) {
	s := snapshotOf(&network.Network{Layers: []network.Layer{{Weight: mat.NewDense(3, 2, []float64{1, 1, 1, 1, 1, 1})}}})
	for class, want := range []string{"correct", "misclassified", "misclassified"} {
		for i := range s.Probes.Labels {
			s.Probes.Labels[i] = class
		}
		for key := range measure(t, jacobian{}, s) {
			if strings.Contains(key, "on=") && !strings.HasSuffix(key, "on="+want) {
				t.Errorf("all points of class %d: measured %s, want %s only", class, key, want)
			}
		}
	}
}

func TestPointsWithoutLabelsHaveNoOutcome(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(13), network.ReLU, network.Identity, true, 1, 5, 9, 3))
	s.Probes.Labels = nil
	for key := range measure(t, jacobian{}, s) {
		if strings.Contains(key, "on=") {
			t.Errorf("measured %s without labels", key)
		}
	}
}
