package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker/series"
)

// BestOptions say what the least bound may cost; zeros stand for the defaults.
type BestOptions struct {
	// Seconds is what bounds beyond the cheap ones may take of an epoch, in counted work at
	// [bounds.AssumedSpeed]: a series must not depend on how fast a machine is. Default 0.
	Seconds float64
}

// settings binds what can be set of it.
func (o *BestOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Seconds, "track.bounds.seconds", settings.NonNegative, 0,
		"seconds an epoch that upper_best may spend on bounds beyond the cheap ones: work is counted, at "+
			"4e10 operations a second, so that series do not depend on the machine")
}

// best is the least certified bound that the budget pays for.
type best struct {
	certified
	BestOptions
}

// newBest returns the metric in the given norms.
func newBest(o Options) best {
	return best{certified{series.UpperBest, o.Jacobian.norms(), (*bounds.Bounds).Best}, o.Best}
}

// Measure spends the budget, then takes the least of all that is known.
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
