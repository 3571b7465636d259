package report

import (
	"fmt"
	"time"
)

// How describes the bound, how far it is from its optimum if that is known, and, if best is set,
// that it is the best one.
func (m Method) How(best bool) string {
	how := m.About
	switch {
	case m.Gap == nil:
	case *m.Gap == 1: // the optimum is only known to be ≥ 0
		how += ", but without a search for it: this proves a bound, but not how close it is to the optimum"
	default:
		how += ", which is at most " + Percent(float64(*m.Gap)) + " lower"
	}

	if best {
		how += " (the best)"
	}
	return how
}

// Percent formats a share in percent, to two digits or to whole percents.
func Percent(share float64) string {
	return twoDigits(100*share) + " %"
}

// twoDigits formats a number to two digits, or as a whole number.
func twoDigits(v float64) string {
	// From 99.5 on, %.2g would round to 1e+02.
	if v >= 99.5 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// Took returns how long a bound took, to two digits; "" if that is not known.
func (m Method) Took() string {
	if m.Seconds == nil {
		return ""
	}

	d := time.Duration(float64(*m.Seconds) * float64(time.Second))
	unit := time.Microsecond
	// Increase the unit until the number has two digits.
	for unit*100 <= d {
		unit *= 10
	}
	return max(d.Round(unit), time.Microsecond).String()
}

// Memory returns how much memory a bound allocated, to two digits; "" if that is not known.
func (m Method) Memory() string {
	if m.Allocated == nil {
		return ""
	}

	// The runtime counts in spans of this size, so smaller numbers mean nothing.
	const span = 8192
	if *m.Allocated < span {
		return "< 8.2 kB"
	}

	bytes := float64(*m.Allocated)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if bytes < 999.5 {
			return twoDigits(bytes) + " " + unit
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.0f TB", bytes)
}
