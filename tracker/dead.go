package tracker

import "liptrack/tracker/series"

// deadUnits counts, for every layer with an activation, the units whose slope is zero at every
// probe point: they pass nothing on and, trained on these points, get no gradient. Of a network
// with ReLU outputs the last layer's are the dead classes that the paper's recipe is prone to.
type deadUnits struct{}

func (deadUnits) Name() string { return series.DeadUnits }

func (deadUnits) Measure(s *Snapshot) ([]series.Sample, error) {
	var samples []series.Sample
	for i, alive := range s.aliveUnits() {
		if s.Net.Layers[i].Activation.IsIdentity() {
			continue
		}
		dead := 0
		for _, a := range alive {
			if !a {
				dead++
			}
		}
		samples = append(samples, layerSample(series.DeadUnits, i, float64(dead), series.Exact))
	}
	return samples, nil
}
