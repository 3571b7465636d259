package plots

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

var nan = math.NaN()

// upperBounds returns the certified upper bounds of the whole network, the one with the
// smallest last value first and of equal ones the least of all.
func upperBounds(t *series.Table) []*series.Curve {
	var curves []*series.Curve
	for _, metric := range t.Metrics() {
		c := t.Curve(metric, "")
		if strings.HasPrefix(metric, "upper_") && c != nil && c.Kind == series.Certified {
			curves = append(curves, c)
		}
	}
	slices.SortStableFunc(curves, func(a, b *series.Curve) int {
		return cmp.Or(compareLast(final(a), final(b)), cmp.Compare(leastOfAll(a), leastOfAll(b)))
	})
	return curves
}

// leastOfAll is 0 for the bound that is the least of all at every epoch, 1 for another.
func leastOfAll(c *series.Curve) int {
	if c.Metric == series.UpperBest {
		return 0
	}
	return 1
}

// compareLast orders values ascending, those that are not finite last.
func compareLast(a, b float64) int {
	switch {
	case finite(a) && (!finite(b) || a < b):
		return -1
	case finite(b) && (!finite(a) || b < a):
		return 1
	}
	return 0
}

// bestCertified returns the certified upper bound that ends smallest, nil where there is
// none. It is one curve throughout, so that a bound measured at fewer epochs than another
// does not make a zigzag of the two.
func bestCertified(t *series.Table) *series.Curve {
	if curves := upperBounds(t); len(curves) > 0 {
		return curves[0]
	}
	return nil
}

// ends are the first and the last finite value of a curve.
type ends struct {
	first, last           float64
	firstEpoch, lastEpoch int
}

// growth is last over first.
func (e ends) growth() float64 { return e.last / e.first }

// endsOf returns the ends of a curve; ok is false where no value is finite.
func endsOf(c *series.Curve) (e ends, ok bool) {
	if c == nil {
		return ends{}, false
	}
	for i, v := range c.Values {
		if !finite(v) {
			continue
		}
		if !ok {
			e.first, e.firstEpoch, ok = v, c.Epochs[i], true
		}
		e.last, e.lastEpoch = v, c.Epochs[i]
	}
	return e, ok
}

// finalGap returns the best certified upper bound over the lower bound at the last epoch at
// which they are finite, NaN where that is not the same epoch for both.
func finalGap(t *series.Table) float64 {
	lower, hasLower := endsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := endsOf(bestCertified(t))
	if !hasLower || !hasUpper || lower.lastEpoch != upper.lastEpoch {
		return nan
	}
	return upper.last / lower.last
}

// final returns the last value of a curve, NaN where there is none.
func final(c *series.Curve) float64 {
	if v, _, ok := c.Last(); ok {
		return v
	}
	return nan
}

// lastEpoch returns the last epoch of a run, over all its metrics.
func lastEpoch(t *series.Table) int {
	last := 0
	for _, metric := range t.Metrics() {
		for _, label := range t.Labels(metric) {
			if _, e, ok := t.Curve(metric, label).Last(); ok {
				last = max(last, e)
			}
		}
	}
	return last
}
