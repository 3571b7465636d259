package plots

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// setConstantAside removes the small figures of a run in which every curve kept one value, and
// lists them with that value. A run that has not ended keeps all figures: their curves may still
// move.
func setConstantAside(t *series.Table, figures []*figure.Figure) (moving []*figure.Figure, constant []page.Missing) {
	if !endedWell(t) {
		return figures, nil
	}

	for _, f := range figures {
		if v, ok := constantOf(f); ok {
			reason := "stayed at " + figure.FormatTick(v, math.Inf(1)) + " throughout"
			constant = append(constant, page.Missing{Title: f.Title, Reason: reason})
		} else {
			moving = append(moving, f)
		}
	}
	return moving, constant
}

// constantOf returns the value that all curves of a small figure over epochs share. ok is false if
// there are several values, or just one epoch was measured.
func constantOf(f *figure.Figure) (v float64, ok bool) {
	if !f.Epochs || f.Size != figure.Third {
		return 0, false
	}

	var values []float64
	for _, s := range f.Series {
		// Quiet series only annotate the curves.
		if s.Quiet {
			continue
		}

		if s.Shape != figure.Line || len(s.Rows) < 2 {
			return 0, false
		}

		for _, r := range s.Rows {
			values = append(values, r[1])
		}
	}

	// A gap is NaN, which makes Min and Max NaN; these never compare equal, so ok is false.
	if len(values) == 0 || slices.Min(values) != slices.Max(values) {
		return 0, false
	}
	return values[0], true
}
