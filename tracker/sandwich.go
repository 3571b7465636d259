package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker/series"
)

// SandwichOptions say how long the ends of a sandwich are brought together; zeros stand for the
// defaults.
type SandwichOptions struct {
	// Branches is how many branches are looked at most. Default 200.
	Branches int
}

// settings binds what can be set of it.
func (o *SandwichOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Branches, "track.sandwich.branches", settings.Integer(1), 200,
		"after how many branches upper_sandwich ends, if its ends have not met to a thousandth before")
}

// sandwich holds the Lipschitz constant of a small network between two certified ends, by branch
// and bound.
type sandwich struct{ SandwichOptions }

func (sandwich) ofNetwork() {}

// Measure returns the upper end and the lower one; of a network that has no sandwich the least of
// the cheap bounds, with the reason as a warning.
func (m sandwich) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	found, refused := bounds.Enclose(s.Net, nil, bounds.Effort{Branches: m.Branches})
	if refused != nil {
		upper := certifiedSample(series.UpperSandwich, "", b.Best(bounds.Two))
		upper.Warning = refused.Error() + ": the least of the cheap bounds instead"
		return []series.Sample{upper}, nil
	}

	// Best takes it into account from here on.
	b.Admit(found.Upper)
	lower := series.NewSample(series.LowerSandwich, "", found.Lower, series.Lower)
	lower.At = &series.Place{X: coordinates(found.At)}

	return []series.Sample{certifiedSample(series.UpperSandwich, "", found.Upper), lower}, nil
}
