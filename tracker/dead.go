package tracker

import "github.com/liptrack/liptrack/tracker/series"

// deadUnits counts, for every layer with an activation, the units whose slope is zero at every
// probe point: they pass nothing on and, trained on these points, get no gradient. Hidden layers
// have one number each; a dead output is a class that the network cannot learn any more, which the
// paper's recipe of ReLU outputs is prone to.
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
		// Dead outputs are a number of the network, not of a layer.
		if i == len(s.Net.Layers)-1 {
			sample.Metric, sample.Label = series.DeadOutputs, ""
		}

		samples = append(samples, sample)
	}

	return samples, nil
}
