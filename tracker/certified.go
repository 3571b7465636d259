package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/tracker/series"
)

// certified is a proved upper bound of package bounds on the Lipschitz constant of the network, in
// the norms in which Jacobians are measured. It is valid for every activation. A bound beyond the
// range of float64 is +Inf, with a warning.
type certified struct {
	name  string
	norms []Norm
	bound func(*bounds.Bounds, bounds.Norm) float64
}

// euclidean computes a bound that exists in the 2-norm only, regardless of the options.
func euclidean(name string, bound func(*bounds.Bounds) float64) func(Options) measurer {
	of := func(b *bounds.Bounds, _ bounds.Norm) float64 { return bound(b) }
	return func(Options) measurer {
		return certified{name, []Norm{Norm2}, of}
	}
}

func (certified) ofNetwork() {}

// Measure returns the bound in each norm. A network with layers that are not dense may have no such
// bound. The value is then NaN, with the reason as a warning. The least of all bounds exists for
// every network.
func (c certified) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	var samples []series.Sample
	for _, n := range c.norms {
		bound, reason := c.boundOf(b, n.ofBounds())
		sample := certifiedSample(c.name, target{last: true, norm: n}.label(), bound)
		if reason != "" {
			sample.Warning = reason
		}

		samples = append(samples, sample)
	}

	return samples, nil
}

// boundOf returns the bound of a network.
func (c certified) boundOf(b *bounds.Whole, n bounds.Norm) (bound float64, reason string) {
	// Best over parts of the network would leave out the product over the whole network.
	if c.name == series.UpperBest {
		return b.Best(n), ""
	}
	return b.Bound(n, c.bound)
}

// ofBounds returns the corresponding norm of package bounds.
func (n Norm) ofBounds() bounds.Norm {
	return [...]bounds.Norm{
		Norm2:   bounds.Two,
		Norm1:   bounds.One,
		NormInf: bounds.Inf,
	}[n]
}

// exactLipschitz is the Lipschitz constant itself if the network is small. For other networks it is
// NaN, with the reason as a warning.
type exactLipschitz struct{}

func (exactLipschitz) ofNetwork() {}

func (exactLipschitz) Measure(s *Snapshot) ([]series.Sample, error) {
	exact, err := bounds.Exact(s.Net)
	sample := series.NewSample(series.ExactLipschitz, "", exact, series.Exact)
	if err != nil {
		sample = missingSample(series.ExactLipschitz, "", series.Exact, err.Error())
	}
	return []series.Sample{sample}, nil
}
