package tracker

import (
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker/series"
)

// SandwichOptions limit the work of branch and bound. Zero means the default.
type SandwichOptions struct {
	// Branches is the largest number of branches to examine. Default 200.
	Branches int
}

// settings binds the settings of the sandwich.
func (o *SandwichOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Branches, "track.sandwich.branches", settings.Integer(1), 200,
		"number of branches after which upper_sandwich stops, unless its bounds agree to a thousandth before")
}

// sandwich encloses the Lipschitz constant of a small network between two certified bounds, by
// branch and bound.
type sandwich struct{ SandwichOptions }

func (sandwich) ofNetwork() {}

// Measure returns the upper and the lower bound. For a network that branch and bound refuses, the
// upper bound is the least of the cheap bounds, with the reason as a warning.
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
