package dataset

import (
	"math"
	"strconv"

	"github.com/liptrack/liptrack/internal/tabletext"
)

// wholeNumber returns the standard form of a whole number, such as 3 for 3.0; ok is false if text
// is not a whole number. Beyond 2⁵³, where floats have gaps, only a number without a point and an
// exponent is accepted.
func wholeNumber(text string) (name string, ok bool) {
	// Integers come first, because floats cannot hold all of them.
	exact, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return strconv.FormatInt(exact, 10), true
	}

	v, err := tabletext.ParseNumber(text, false)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", false
	}
	return strconv.FormatInt(int64(v), 10), true
}
