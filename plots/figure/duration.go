package figure

import (
	"fmt"
	"math"
	"strconv"
)

// FormatSeconds formats a duration in its two largest units: "0.42 s", "3 min 20 s", "2 h 5 min",
// "4 d 1 h".
func FormatSeconds(seconds float64) string {
	if seconds < 60 {
		return strconv.FormatFloat(seconds, 'g', max(2, digitsBefore(seconds)), 64) + " s"
	}

	whole := int(math.Round(seconds))
	switch {
	case whole < 3600:
		return twoUnits(whole, 60, "min", "s")
	case whole < 24*3600:
		return twoUnits((whole+30)/60, 60, "h", "min")
	}
	return twoUnits((whole+1800)/3600, 24, "d", "h")
}

// digitsBefore counts the digits before the decimal point.
func digitsBefore(v float64) int {
	return len(strconv.Itoa(int(v)))
}

// twoUnits formats a count of the small unit in both units; the small one is omitted if it is zero.
func twoUnits(count, ratio int, large, small string) string {
	text := fmt.Sprintf("%s %s", FormatInt(count/ratio), large)
	if rest := count % ratio; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, small)
	}
	return text
}
