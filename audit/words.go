package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
)

// decided returns a function that selects a share of the decisions within the tolerance.
func decided(of func(*report.Shares) *series.Float) func(*report.Report) *series.Float {
	return func(r *report.Report) *series.Float {
		if r.Decisions == nil || r.Decisions.At == nil {
			return nil
		}
		return of(r.Decisions.At)
	}
}

func changeSeen(c *report.Change) *series.Float {
	return &c.Seen
}

func changePossible(c *report.Change) *series.Float {
	return &c.Possible
}

// changed returns a function that selects a number from the change of the outputs.
func changed(of func(*report.Change) *series.Float) func(*report.Report) *series.Float {
	return func(r *report.Report) *series.Float {
		if r.Change == nil {
			return nil
		}
		return of(r.Change)
	}
}

// relative returns a function that divides a change by the spread of the outputs, for a regression.
func relative(of func(*report.Change) *series.Float) func(*report.Report) *series.Float {
	return func(r *report.Report) *series.Float {
		if r.Change == nil || r.Decisions != nil {
			return nil
		}
		return optionalFloat(ratio(*of(r.Change), r.Change.Spread))
	}
}

// says returns a function that writes a sentence whose only number is the value of a check,
// formatted by words.
func says(sentence string, words func(float64) string) func(*report.Report, float64) string {
	return func(_ *report.Report, v float64) string {
		return fmt.Sprintf(sentence, words(v))
	}
}

func seenWords(r *report.Report, _ float64) string {
	return fmt.Sprintf(
		"An error within the tolerance was found that changes the outputs by %s, at row %d; between "+
			"samples they differ by %s.",
		short(r.Change.Seen),
		r.Change.Row,
		short(r.Change.Spread),
	)
}

func possibleWords(r *report.Report, _ float64) string {
	if math.IsInf(float64(r.Change.Possible), 1) {
		return fmt.Sprintf(
			"The possible change at the samples by errors within the tolerance is beyond float64; between "+
				"samples the outputs differ by %s.",
			short(r.Change.Spread),
		)
	}

	return fmt.Sprintf(
		"No error within the tolerance can change the outputs at the samples by more than %s; between "+
			"samples they differ by %s.",
		short(r.Change.Possible),
		short(r.Change.Spread),
	)
}

// steepestLayer returns the layer with the largest spectral norm.
func steepestLayer(r *report.Report) report.Layer {
	return slices.MaxFunc(
		r.Layers,
		func(a, b report.Layer) int {
			return cmp.Compare(a.Norm, b.Norm)
		},
	)
}

// nameOf returns a layer's number, with its name if it has one.
func nameOf(l report.Layer) string {
	if l.Name == "" {
		return strconv.Itoa(l.Layer)
	}
	return fmt.Sprintf("%d (%s)", l.Layer, l.Name)
}

func layerWords(r *report.Report, v float64) string {
	l := steepestLayer(r)
	return fmt.Sprintf("Layer %s has the largest spectral norm, %s.", nameOf(l), short(v))
}

// idlestLayer returns the hidden layer with the largest share of dead units. Its Dead is nil if no
// layer has a share.
func idlestLayer(r *report.Report) (idlest report.Layer) {
	for _, l := range r.Layers[:len(r.Layers)-1] {
		if l.Dead != nil && (idlest.Dead == nil || *l.Dead > *idlest.Dead) {
			idlest = l
		}
	}
	return idlest
}

func deadWords(r *report.Report, v float64) string {
	if v == 0 {
		return "Every hidden unit is switched on by some sample."
	}
	return fmt.Sprintf(
		"In layer %s, %s of the units are off at every sample.",
		nameOf(idlestLayer(r)),
		percent(v),
	)
}

// sensitiveWords compares the most sensitive sample with the median one.
func sensitiveWords(r *report.Report, v float64) string {
	s := r.Sensitivity
	switch {
	case math.IsInf(float64(s.Largest), 1):
		return "At the most sensitive sample the Jacobian is beyond float64."
	case s.Median == 0 && s.Largest > 0:
		return fmt.Sprintf(
			"At half of the samples or more the outputs do not react to the inputs; at the most sensitive "+
				"one the Jacobian norm is %s.",
			short(s.Largest),
		)
	case v == 1:
		return "The outputs react to the inputs as strongly at the most sensitive sample as at the median one."
	case math.IsInf(v, 1):
		return fmt.Sprintf(
			"The Jacobian norm is %s at the most sensitive sample and %s at the median one.",
			short(s.Largest),
			short(s.Median),
		)
	}

	return fmt.Sprintf(
		"The outputs react to the inputs %s times as strongly at the most sensitive sample as at the median one.",
		short(v),
	)
}

// summarise adds a few sentences on the results to the report.
func (a *auditor) summarise() {
	r := a.report
	say := func(format string, args ...any) {
		r.Summary = append(r.Summary, fmt.Sprintf(format, args...))
	}
	s := r.Lipschitz
	switch {
	case s.LowerReason != "":
		say(
			"There is no lower bound on how much a change of the inputs is amplified: %s. %s.",
			s.LowerReason,
			atMost("It is amplified", s.Upper),
		)
	case s.UpperBy == exactMethod:
		say(
			"A change of the inputs is amplified by up to %s, and no more: that is the Lipschitz constant "+
				"itself (exact), in the 2-norm and the model's units.",
			short(s.Upper),
		)
	case math.IsInf(float64(s.Upper), 1):
		say(
			"A change of the inputs is amplified by up to %s (found). %s.",
			short(s.Lower),
			atMost("It is amplified", s.Upper),
		)
	default:
		say(
			"A change of the inputs is amplified by up to %s (found) and never by more than %s (proved): "+
				"the Lipschitz constant lies between, in the 2-norm and the model's units.",
			short(s.Lower),
			short(s.Upper),
		)
	}

	l := steepestGain(r)
	if len(r.Layers) > 1 && l.Gain != nil {
		say(
			"At the most sensitive samples, all layers together amplify ×%s; layer %s adds the largest factor, ×%s.",
			short(s.OnData),
			nameOf(l),
			short(*l.Gain),
		)
	}

	if c := r.Change; c != nil {
		say(
			"Errors within the tolerance change the outputs by up to %s (seen), and never by more than %s "+
				"at the samples or %s anywhere (proved); between samples the outputs differ by %s.",
			short(c.Seen),
			short(c.Possible),
			short(c.Anywhere),
			short(c.Spread),
		)
	}

	if d := r.Decisions; d != nil && d.At != nil {
		say(
			"Within the tolerance, %s of the decisions certainly do not change, %s change for some error "+
				"that was found, and %s are undecided.",
			percent(d.At.Certified),
			percent(d.At.Flipped),
			percent(d.At.Undecided),
		)
	}
}

// atMost returns a clause that states a proved bound, or that there is none.
func atMost(what string, bound series.Float) string {
	if math.IsInf(float64(bound), 1) {
		return "No bound is proved: the weights are too large for one within the range of float64"
	}
	return fmt.Sprintf("%s never by more than %s (proved)", what, short(bound))
}

// steepestGain returns the layer that adds the largest factor to the Jacobian norm on the samples.
func steepestGain(r *report.Report) report.Layer {
	return slices.MaxFunc(r.Layers, func(a, b report.Layer) int {
		return cmp.Compare(orZero(a.Gain), orZero(b.Gain))
	})
}

// orZero returns *v, or 0 if v is nil.
func orZero(v *series.Float) series.Float {
	if v == nil {
		return 0
	}
	return *v
}

// short formats a number to three digits.
func short[F ~float64](number F) string {
	v := float64(number)
	if math.IsInf(v, 1) {
		return "a number beyond float64"
	}
	return report.ShortNumber(v)
}

// percent formats a share in percent. It rounds to 0 or 100 % only if the share is exactly 0 or 1.
func percent[F ~float64](v F) string {
	return strconv.FormatFloat(report.RoundedPercent(float64(v)), 'f', -1, 64) + " %"
}
