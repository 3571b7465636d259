package tracker

import (
	"github.com/liptrack/liptrack/tracker/series"
)

// productBound is the product of the layers' norms and of their activations' Lipschitz constants
// (Szegedy et al. 2014). A residual block counts as 1 + the product over its body. The bound is
// certified, cheap and loose. The paper counts activations as 1; so do ReLU and leaky ReLU here.
type productBound struct{ JacobianOptions }

func (productBound) ofNetwork() {}

func (m productBound) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	var samples []series.Sample
	for _, n := range m.norms() {
		products := b.Products(n.ofBounds())
		for i, bound := range products {
			last := i == len(products)-1
			if !last && !m.EveryLayer {
				continue
			}

			label := target{layer: i + 1, last: last, norm: n}.label()
			samples = append(samples, certifiedSample(series.UpperProduct, label, bound))
		}
	}

	return samples, nil
}
