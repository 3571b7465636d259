package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series/query"
)

// FormatNumber writes a number to be read: whole numbers below ten million in full, others to
// four significant digits, with a power of ten outside [0.001, 1,000,000) and thousands
// separated. NaN and the infinities have names. The script of the page does the same.
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

// FormatTick writes a round number as short as it goes: "0.5", "20,000", "10⁻⁵". It has six
// significant digits, or as many as tell it from ticks a step away; +Inf for a tick alone.
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

// FormatInt writes a count with thousands separated.
func FormatInt(n int) string {
	return separate(strconv.Itoa(n))
}

// FormatFactor writes a ratio to three digits, "×17.9"; a dash where it is not finite.
func FormatFactor(v float64) string {
	a := math.Abs(v)
	switch {
	case !query.Finite(v):
		return "—"
	case a == 0 || a >= 1e6 || a < 0.01:
		return "×" + FormatNumber(v)
	}
	return "×" + separate(strconv.FormatFloat(v, 'f', max(0, 2-int(math.Floor(math.Log10(a)))), 64))
}

// Plural writes a count with its noun, "1 run", "36 runs".
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%s %s", FormatInt(n), noun)
}

// separate puts a comma between thousands of a decimal number.
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

// scientific writes a number as a mantissa of so many decimals, -1 for as many as it has, and the
// power of ten that it is multiplied by.
func scientific(v float64, decimals int) (mantissa, power string) {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', decimals, 64), "e")
	n, _ := strconv.Atoi(exponent)
	return mantissa, "10" + superscripts.Replace(strconv.Itoa(n))
}

// appendDrawn appends a number as it is drawn, in JSON: whole numbers in full, others to six
// significant digits, null where it is not finite.
func appendDrawn(b []byte, v float64) []byte {
	switch {
	case !query.Finite(v):
		return append(b, "null"...)
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', 6, 64)
}

// FormatSeed writes a seed.
func FormatSeed(n uint64) string {
	return strconv.FormatUint(n, 10)
}
