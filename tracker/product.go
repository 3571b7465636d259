package tracker

import (
	"fmt"
	"math"

	"liptrack/tracker/series"
)

// productBound is the product of the layers' spectral norms and of their activations'
// Lipschitz constants (Szegedy et al. 2014): certified, cheap, loose. The paper counts
// activations as 1; so do ReLU and leaky ReLU here.
type productBound struct {
	// everyLayer asks for the bound after each layer, not only the last.
	everyLayer bool
}

func (productBound) Name() string { return series.UpperProduct }

func (b productBound) Measure(s *Snapshot) ([]series.Sample, error) {
	var samples []series.Sample
	bound := 1.0
	norms := s.spectralNorms()
	for i, l := range s.Net.Layers {
		bound = mulUp(mulUp(bound, norms[i].Upper), l.Activation.Lipschitz())
		if last := i == len(norms)-1; last || b.everyLayer {
			samples = append(samples, series.Sample{
				Metric: series.UpperProduct, Label: uptoLabel(i, last),
				Value: series.Float(bound), Kind: series.Certified,
			})
		}
	}
	return samples, nil
}

// uptoLabel is empty for the whole network and names the layer otherwise.
func uptoLabel(i int, last bool) string {
	if last {
		return ""
	}
	return fmt.Sprintf("upto=%d", i+1)
}

// mulUp is a·b rounded up, for a, b ≥ 0.
func mulUp(a, b float64) float64 {
	if a == 0 || b == 0 || a == 1 || b == 1 {
		return a * b
	}
	return math.Nextafter(a*b, math.Inf(1))
}
