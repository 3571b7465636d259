package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/tracker/series"
)

// lipSDPOptimal is LipSDP-Neuron at its optimum, and by how much the optimum can be below it.
type lipSDPOptimal struct{}

func (lipSDPOptimal) ofNetwork() {}

// Measure returns the bound and the gap, which is known of networks of dense layers.
func (lipSDPOptimal) Measure(s *Snapshot) ([]series.Sample, error) {
	bound := euclidean(series.UpperLipSDPOptimal, (*bounds.Bounds).LipSDPOptimal)
	samples, err := bound(Options{}).Measure(s)
	if err != nil {
		return nil, err
	}

	// The bound also holds for networks with convolutions, piece by piece. The dual program, and so
	// the gap, exists for matrices only.
	if !s.Net.IsDense() {
		return append(samples, missingSample(series.UpperLipSDPGap, "", series.Estimate, denseOnly)), nil
	}

	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	// Known already: a snapshot has one set of bounds, and the bound above has solved the program.
	gap := b.Dense().LipSDPGap()

	return append(samples, series.NewSample(series.UpperLipSDPGap, "", gap, series.Estimate)), nil
}
