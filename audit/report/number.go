package report

import (
	"math"
	"strconv"
	"strings"
)

// ShortNumber returns a finite number to three digits, whole below a million. What only rounds to a
// whole number has its decimals, as 1.00, so that "1" says that nothing is left over.
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

// RoundedPercent returns a share in percent to one decimal: 100 is kept for all, and 0 for none.
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
