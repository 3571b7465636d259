package figure

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A sparkline has at most sparkPoints points in a box of this size in pixels.
const (
	sparkPoints             = 48
	sparkWidth, sparkHeight = 56.0, 14.0
)

// SparkPath returns a curve as an SVG path over the logarithm of the epoch, with breaks at gaps. It
// is empty if no value is finite.
func SparkPath(c *series.Curve) string {
	up := SmallScale(c.Values)
	first, last := math.Log1p(float64(c.Epochs[0])), math.Log1p(float64(c.Epochs[len(c.Epochs)-1]))
	var path strings.Builder
	step := "M"
	for _, i := range Thin(c.Epochs, c.Values, sparkPoints) {
		if !query.Finite(c.Values[i]) {
			step = "M"
			continue
		}

		x, y := Fraction(math.Log1p(float64(c.Epochs[i])), first, last), up(c.Values[i])
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x*sparkWidth, (1-y)*sparkHeight)
		step = "L"
	}

	return path.String()
}

// SmallScale returns a function that maps values to heights in [0, 1] in a picture without axes:
// from the smallest to the largest finite value, logarithmically if all are positive. If all are
// equal, the height is 0.5.
func SmallScale(values []float64) func(float64) float64 {
	scale := math.Log
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if query.Finite(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low <= 0 {
		scale = func(v float64) float64 { return v }
	}
	return func(v float64) float64 {
		return Fraction(scale(v), scale(low), scale(high))
	}
}

// Fraction returns the relative position of v between low and high: 0 at low, 1 at high, 0.5 if
// they are equal. It is finite for finite arguments even if high − low overflows.
func Fraction(v, low, high float64) float64 {
	switch span := high - low; {
	case low == high:
		return 0.5
	case math.IsInf(span, 0):
		return (v/2 - low/2) / (high/2 - low/2)
	default:
		return (v - low) / span
	}
}
