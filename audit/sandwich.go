package audit

import (
	"context"
	"math"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/tracker/series"
)

// sandwich bounds the Lipschitz constant from both sides and reports the contributions of the
// layers, measured at the most sensitive samples, which come first in order.
func (a *auditor) sandwich(ctx context.Context, order []int) error {
	known, err := bounds.NewWhole(a.net)
	if err != nil {
		return err
	}

	a.norms = known

	best, by, computed := strongest(a.net, known, a.effort().whole, true)
	branched, ends := enclosed(ctx, a.net, a.effort().branching)
	if branched.Value != nil && ends.Upper < best {
		best, by = ends.Upper, sandwichMethod
	}

	if a.constant = a.ball.constant(a.net, known, best); !a.ball.plain() {
		if a.constant, err = lipschitzFrom(a.norms, a.net, a.ball, a.effort().whole); err != nil {
			return err
		}
	}

	// Random points can only raise the lower bound, which is not needed if the constant itself is
	// known.
	itself := exact(a.net)
	rounds, note := a.searchRounds(a.net)
	if note != "" {
		a.addNote(note)
	}

	found, err := measureLayers(ctx, a.net, a.x, order, itself.Value == nil, rounds)
	if err != nil {
		return err
	}

	onData, _ := found.lower(len(a.net.Layers), len(a.net.Layers))
	lower, reason := found.largestFound(onData)
	if ends.Lower > lower {
		lower, reason = ends.Lower, ""
	}

	a.certified = best
	a.report.Lipschitz = report.Sandwich{
		Lower:       series.Float(lower),
		OnData:      series.Float(onData),
		LowerReason: reason,
		Upper:       series.Float(best),
		UpperBy:     by,
		Gap:         series.Float(ratio(best, lower)),
	}

	a.report.Lipschitz.Methods = append(computed, branched, itself)
	if itself.Value != nil {
		a.closeSandwich(float64(*itself.Value))
	}

	a.report.Layers, err = layersOf(a.net, a.model.Names, known, found, best)

	return err
}

// closeSandwich replaces both bounds with the constant itself. Certificates still use the certified
// bound.
func (a *auditor) closeSandwich(constant float64) {
	s := &a.report.Lipschitz
	// Both are computed in floating point: if the exact value is above a certified bound, it has a
	// rounding error.
	if constant <= a.certified {
		s.Upper, s.UpperBy = series.Float(max(constant, float64(s.Lower))), exactMethod
	}
	a.raiseLower(min(constant, a.certified))
	s.Gap = series.Float(ratio(s.Upper, s.Lower))
}

// raiseLower raises the lower bound of the Lipschitz constant to a difference quotient, if this is
// larger.
func (a *auditor) raiseLower(quotient float64) {
	s := &a.report.Lipschitz
	// The negated comparison also skips NaN.
	if !(quotient > float64(s.Lower)) || quotient > math.MaxFloat64 {
		return
	}
	s.Lower, s.LowerReason = series.Float(quotient), ""
	s.Upper = max(s.Upper, s.Lower) // Upper may be the constant itself, correct to only 12 digits
	s.Gap = series.Float(ratio(float64(s.Upper), quotient))
}
