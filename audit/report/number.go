package report

import (
	"math"
	"strconv"
	"strings"
)

// ShortNumber formats a finite number to three digits. Numbers from 1000 to a million are rounded
// to whole numbers. A smaller number that only rounds to a whole number keeps its decimals, as in
// 1.00, so that "1" means exactly 1.
func ShortNumber(v float64) string {
	a := math.Abs(v)
	// 999.7 is 1000, not 1e+03.
	if a >= 999.5 && a < 1e6 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}

	text := strconv.FormatFloat(v, 'g', 3, 64)
	if v == math.Trunc(v) || strings.ContainsAny(text, ".e") {
		return text
	}

	digits := len(strings.TrimPrefix(text, "-"))

	return strconv.FormatFloat(v, 'f', max(3-digits, 0), 64)
}

// RoundedPercent returns a share in percent, rounded to one decimal. The result is 0 or 100 only if
// the share is exactly 0 or 1.
func RoundedPercent(share float64) float64 {
	tenths := math.Round(share * 1000)
	if share < 1 {
		tenths = min(tenths, 999)
	}
	if share > 0 {
		tenths = max(tenths, 1)
	}
	return tenths / 10
}
