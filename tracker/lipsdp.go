package tracker

import "github.com/liptrack/liptrack/tracker/series"

// lipSDPOptimal is LipSDP-Neuron at its optimum, and by how much the optimum can be below it.
type lipSDPOptimal struct{}

func (lipSDPOptimal) Name() string { return series.UpperLipSDPOptimal }

func (lipSDPOptimal) ofNetwork() {}

// Measure returns the bound and the gap.
func (lipSDPOptimal) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}
	bound := certifiedSample(series.UpperLipSDPOptimal, "", b.LipSDPOptimal())
	gap := series.Sample{Metric: series.UpperLipSDPGap, Value: series.Float(b.LipSDPGap()), Kind: series.Estimate}
	return []series.Sample{bound, gap}, nil
}
