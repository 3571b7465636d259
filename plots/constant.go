package plots

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// setConstantAside takes out of the figures of a run those whose every curve stayed at one and the
// same value, and says at which. A run that has not ended keeps them: they may still move.
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

// constantOf returns the value of a small figure over epochs that has no other; ok is false where
// it has, or was measured at one epoch only.
func constantOf(f *figure.Figure) (v float64, ok bool) {
	if !f.Epochs || f.Size != figure.Third {
		return 0, false
	}

	var values []float64
	for _, s := range f.Series {
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

	// A gap is NaN, which is equal to nothing.
	if len(values) == 0 || slices.Min(values) != slices.Max(values) {
		return 0, false
	}
	return values[0], true
}
