// Package query extracts from series what charts, tables and verdicts need to know about runs: the
// last value, the best bound, the setting, the mean over seeds, the law that a curve follows. It
// defines "last value" and "same setting" for the whole program. It imports only series and trend.
package query

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Curves yields the curves of a run: metrics in the order in which they first appeared, labels in
// natural order.
func Curves(t *series.Table) iter.Seq[*series.Curve] {
	return func(yield func(*series.Curve) bool) {
		for _, metric := range t.Metrics() {
			for _, label := range t.Labels(metric) {
				if !yield(t.Curve(metric, label)) {
					return
				}
			}
		}
	}
}

// Last returns the last value of a metric with a label, finite or not; NaN if there is none.
func Last(t *series.Table, metric, label string) float64 {
	return LastOf(t.Curve(metric, label))
}

// LastOf returns the last value of a curve, finite or not; NaN if there is none.
func LastOf(c *series.Curve) float64 {
	if v, _, ok := c.Last(); ok {
		return v
	}
	return math.NaN()
}

// At returns the value of a metric with a label at an epoch, or NaN if it was not measured then.
func At(t *series.Table, metric, label string, epoch int) float64 {
	if v, ok := t.Curve(metric, label).At(epoch); ok {
		return v
	}
	return math.NaN()
}

// LastEpoch returns the last epoch of a run at which anything was measured, or 0 if nothing was.
func LastEpoch(t *series.Table) int {
	last := 0
	for c := range Curves(t) {
		if _, epoch, ok := c.Last(); ok {
			last = max(last, epoch)
		}
	}
	return last
}

// CertifiedBounds returns the certified upper bounds of the whole network: the one with the
// smallest last value first. If last values are equal, upper_best, the minimum of all bounds, comes
// first.
func CertifiedBounds(t *series.Table) []*series.Curve {
	var curves []*series.Curve
	for _, metric := range t.Metrics() {
		c := t.Curve(metric, "")
		if strings.HasPrefix(metric, "upper_") && c != nil && c.Kind == series.Certified {
			curves = append(curves, c)
		}
	}

	slices.SortStableFunc(curves, func(a, b *series.Curve) int {
		return cmp.Or(
			cmp.Compare(finiteOrInf(a), finiteOrInf(b)),
			cmp.Compare(rankOf(a), rankOf(b)),
		)
	})
	return curves
}

// rankOf orders bounds of equal value: upper_best, the minimum of the others, comes first.
func rankOf(c *series.Curve) int {
	if c.Metric == series.UpperBest {
		return 0
	}
	return 1
}

// finiteOrInf returns the last value of a bound, or +Inf if that is not finite.
func finiteOrInf(c *series.Curve) float64 {
	if v := LastOf(c); Finite(v) {
		return v
	}
	return math.Inf(1)
}

// BestCertified returns the certified upper bound with the smallest last value, nil if there is
// none. It is the same curve at all epochs, so that bounds measured at different epochs do not
// zigzag.
func BestCertified(t *series.Table) *series.Curve {
	if curves := CertifiedBounds(t); len(curves) > 0 {
		return curves[0]
	}
	return nil
}

// Ends are the first and the last finite value of a curve, and their epochs.
type Ends struct {
	First, Last           float64
	FirstEpoch, LastEpoch int
}

// Growth returns the last value over the first.
func (e Ends) Growth() float64 { return e.Last / e.First }

// EndsOf returns the ends of a curve; ok is false if no value is finite.
func EndsOf(c *series.Curve) (e Ends, ok bool) {
	if c == nil {
		return Ends{}, false
	}

	for i, v := range c.Values {
		// For a run that diverged, the end is its last finite value.
		if !Finite(v) {
			continue
		}

		if !ok {
			e.First, e.FirstEpoch, ok = v, c.Epochs[i], true
		}

		e.Last, e.LastEpoch = v, c.Epochs[i]
	}

	return e, ok
}

// Gap returns the best certified upper bound over the lower bound at the last epoch at which each
// is finite, or NaN if these epochs differ.
func Gap(t *series.Table) float64 {
	lower, hasLower := EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := EndsOf(BestCertified(t))
	// Values at different epochs belong to different networks.
	if !hasLower || !hasUpper || lower.LastEpoch != upper.LastEpoch {
		return math.NaN()
	}
	return upper.Last / lower.Last
}

// Finite reports whether a value is neither NaN nor infinite.
func Finite(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0)
}
