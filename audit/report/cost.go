package report

import (
	"fmt"
	"time"
)

// How says what a bound is, how far it is from its optimum if that is known, and whether it is the
// best one.
func (m Method) How(best bool) string {
	how := m.About
	switch {
	case m.Gap == nil:
	case *m.Gap == 1: // nothing but that it is not below 0
		how += ", which was not searched for: this proves a bound, but not how near it is"
	default:
		how += ", which is at most " + Percent(float64(*m.Gap)) + " lower"
	}

	if best {
		how += " (the best)"
	}
	return how
}

// Percent writes a share in percent, to two digits or to whole percents.
func Percent(share float64) string {
	return twoDigits(100*share) + " %"
}

// twoDigits writes a number to two digits, or as a whole one.
func twoDigits(v float64) string {
	// From 99.5 on two digits would be rounded to 100, which %.2g writes as 1e+02.
	if v >= 99.5 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// Took says how long a bound took, to two digits; "" if that is not known.
func (m Method) Took() string {
	if m.Seconds == nil {
		return ""
	}

	d := time.Duration(float64(*m.Seconds) * float64(time.Second))
	unit := time.Microsecond
	// The unit grows until two digits are left of the number.
	for unit*100 <= d {
		unit *= 10
	}
	return max(d.Round(unit), time.Microsecond).String()
}

// Memory says how much memory a bound asked for, to two digits; "" if that is not known.
func (m Method) Memory() string {
	if m.Allocated == nil {
		return ""
	}

	// The runtime counts in spans of this size, so less may as well be told as nothing.
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
