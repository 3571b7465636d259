package plots

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

// setConstantAside takes out of the figures of a run those whose every curve stayed at one and the
// same value, and says at which. A run that has not ended keeps them: they may still move.
func setConstantAside(t *series.Table, figures []*Figure) (moving []*Figure, constant []missing) {
	if !slices.Contains([]string{"completed", "converged", "gave_up"}, t.State) {
		return figures, nil
	}

	for _, f := range figures {
		if v, ok := f.constant(); ok {
			constant = append(constant, missing{f.Title, "stayed at " + FormatNumber(v) + " throughout"})
		} else {
			moving = append(moving, f)
		}
	}
	return moving, constant
}

// constant returns the value of a small figure over epochs that has no other; ok is false where it
// has, or was measured at one epoch only.
func (f *Figure) constant() (v float64, ok bool) {
	if !f.Epochs || f.Size != third {
		return 0, false
	}

	first := true
	for _, s := range f.Series {
		if s.Quiet {
			continue
		}

		if s.Shape != Line || len(s.Rows) < 2 {
			return 0, false
		}

		for _, r := range s.Rows {
			if first {
				v, first = r[1], false
			}
			if r[1] != v {
				return 0, false
			}
		}
	}

	return v, !first
}
