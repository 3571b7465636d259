package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker/series"
)

// BestOptions limit the cost of the least bound. Zero means the default.
type BestOptions struct {
	// Seconds is the time that bounds other than the cheap ones may take per epoch, as counted work
	// at [bounds.AssumedSpeed], so that a series does not depend on the speed of the machine.
	// Default 0.
	Seconds float64
}

// settings binds the settings of the least bound.
func (o *BestOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Seconds, "track.bounds.seconds", settings.NonNegative, 0,
		"seconds per epoch that upper_best may spend on costlier bounds: work is counted, at "+
			"4e10 operations a second, so that series do not depend on the machine")
}

// best is the least certified bound within the budget.
type best struct {
	certified
	BestOptions
}

// newBest returns the metric in the given norms.
func newBest(o Options) best {
	return best{certified{series.UpperBest, o.Jacobian.norms(), (*bounds.Bounds).Best}, o.Best}
}

// Measure spends the budget, then returns the least of all known bounds.
func (m best) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	if m.Seconds > 0 {
		b.Afford(m.Seconds * bounds.AssumedSpeed)
	}

	return m.certified.Measure(s)
}
