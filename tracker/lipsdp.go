package tracker

import (
	"math"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/tracker/series"
)

// lipSDPOptimal is LipSDP-Neuron at its optimum, and by how much the optimum can be below it.
type lipSDPOptimal struct{}

func (lipSDPOptimal) Name() string {
	return series.UpperLipSDPOptimal
}

func (lipSDPOptimal) ofNetwork() {}

// Measure returns the bound and the gap, which is known of networks of dense layers.
func (lipSDPOptimal) Measure(s *Snapshot) ([]series.Sample, error) {
	samples, err := euclidean(series.UpperLipSDPOptimal, (*bounds.Bounds).LipSDPOptimal).Measure(s)
	if err != nil {
		return nil, err
	}

	// The bound holds for networks with convolutions too, by stretches; the dual program, and so
	// the gap, is set up for matrices only.
	gap := series.Sample{Metric: series.UpperLipSDPGap, Kind: series.Estimate}
	if !s.Net.IsDense() {
		gap.Value = series.Float(math.NaN())
		gap.Warning = "is for networks of dense layers"
		return append(samples, gap), nil
	}

	b, err := s.denseBounds()
	if err != nil {
		return nil, err
	}

	// Known already: denseBounds shares one set of bounds, and the bound above has solved the
	// program.
	gap.Value = series.Float(b.LipSDPGap())

	return append(samples, gap), nil
}
