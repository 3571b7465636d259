package tracker

import "github.com/liptrack/liptrack/tracker/series"

// deadUnits counts, for every layer with an activation, the units whose slope is zero at every
// probe point. They pass nothing on and get no gradient in training on these points. Each hidden
// layer has a count of its own. A dead output is a class that the network can no longer learn, as
// can happen with the paper's ReLU outputs.
type deadUnits struct{}

func (deadUnits) Measure(s *Snapshot) ([]series.Sample, error) {
	var samples []series.Sample
	for i, alive := range s.aliveUnits() {
		l := s.Net.Layers[i]
		if l.Activation.IsIdentity() {
			continue
		}

		alive = alive[:len(alive)-l.Through] // what passes through has no activation
		dead := 0
		for _, a := range alive {
			if !a {
				dead++
			}
		}

		sample := layerSample(series.DeadUnits, i, float64(dead), series.Exact)
		// The count of dead outputs belongs to the network, not to a layer.
		if i == len(s.Net.Layers)-1 {
			sample.Metric, sample.Label = series.DeadOutputs, ""
		}

		samples = append(samples, sample)
	}

	return samples, nil
}
