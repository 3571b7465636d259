package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/tracker/series"
)

// lipSDPOptimal is LipSDP-Neuron at its optimum, and the gap by which the true optimum can be below
// it.
type lipSDPOptimal struct{}

func (lipSDPOptimal) ofNetwork() {}

// Measure returns the bound and the gap, which is known for networks of dense layers only.
func (lipSDPOptimal) Measure(s *Snapshot) ([]series.Sample, error) {
	bound := euclidean(series.UpperLipSDPOptimal, (*bounds.Bounds).LipSDPOptimal)
	samples, err := bound(Options{}).Measure(s)
	if err != nil {
		return nil, err
	}

	// For networks with convolutions the bound also exists, as a product over pieces. The dual
	// program, and so the gap, exists for matrices only.
	if !s.Net.IsDense() {
		return append(
			samples,
			missingSample(series.UpperLipSDPGap, "", series.Estimate, denseOnly),
		), nil
	}

	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	// The gap is already known: a snapshot has one set of bounds, and the bound above has solved
	// the program.
	gap := b.Dense().LipSDPGap()

	return append(
		samples,
		series.NewSample(series.UpperLipSDPGap, "", gap, series.Estimate),
	), nil
}
