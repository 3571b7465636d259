package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series/query"
)

// FormatNumber formats a number for readers: whole numbers below ten million in full, others to
// four significant digits, with a power of ten outside [0.001, 1,000,000) and with thousands
// separators. NaN and infinities are "NaN" and "±∞". The page's script formats numbers in the same
// way.
func FormatNumber(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.ReplaceAll(strconv.FormatFloat(v, 'g', -1, 64), "Inf", "∞")
	case v == math.Trunc(v) && a < 1e7:
		return separate(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 1e6 || a < 1e-3:
		mantissa, power := scientific(v, 3)
		return mantissa + "×" + power
	}

	decimals := max(0, 3-int(math.Floor(math.Log10(a))))

	return separate(strconv.FormatFloat(v, 'f', decimals, 64))
}

// FormatTick formats a round number as briefly as possible: "0.5", "20,000", "10⁻⁵". It uses six
// significant digits, or more if needed to tell it from ticks one step away. step is +Inf for a
// single tick.
func FormatTick(v, step float64) string {
	digits := 6
	if v != 0 && !math.IsInf(step, 1) {
		digits = max(digits, 1+int(math.Ceil(math.Log10(math.Abs(v))-math.Log10(step))))
	}

	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)

	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a >= 1e-3 && a < 1e6:
		return separate(strconv.FormatFloat(v, 'f', -1, 64))
	}

	mantissa, power := scientific(v, -1)
	if mantissa == "1" {
		return power
	}

	return mantissa + "×" + power
}

// FormatInt formats a count with thousands separators.
func FormatInt(n int) string {
	return separate(strconv.Itoa(n))
}

// FormatFactor formats a ratio to three digits, "×17.9", or as a dash if it is not finite.
func FormatFactor(v float64) string {
	a := math.Abs(v)
	switch {
	case !query.Finite(v):
		return "—"
	case a == 0 || a >= 1e6 || a < 0.01:
		return "×" + FormatNumber(v)
	}
	return "×" + separate(strconv.FormatFloat(
		v,
		'f',
		max(0, 2-int(math.Floor(math.Log10(a)))),
		64,
	))
}

// Plural formats a count with its noun: "1 run", "36 runs".
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%s %s", FormatInt(n), noun)
}

// separate inserts commas between the thousands of a decimal number.
func separate(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, hasPoint := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasPoint {
		whole += "." + fraction
	}
	return sign + whole
}

var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
	"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// scientific splits a number into a mantissa with the given number of decimals (-1 for as many as
// needed) and a power of ten.
func scientific(v float64, decimals int) (mantissa, power string) {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', decimals, 64), "e")
	n, _ := strconv.Atoi(exponent)
	return mantissa, "10" + superscripts.Replace(strconv.Itoa(n))
}

// appendDrawn appends a number in JSON: whole numbers in full, others to six significant digits,
// null for non-finite ones.
func appendDrawn(b []byte, v float64) []byte {
	switch {
	case !query.Finite(v):
		return append(b, "null"...)
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', 6, 64)
}

// FormatSeed formats a seed.
func FormatSeed(n uint64) string {
	return strconv.FormatUint(n, 10)
}
