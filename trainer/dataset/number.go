package dataset

import (
	"math"
	"strconv"

	"github.com/liptrack/liptrack/internal/tabletext"
)

// wholeNumber returns how a whole number is written, 3 for 3.0, if text is one. Beyond 2⁵³, where
// floats have gaps, it must be written without point and exponent.
func wholeNumber(text string) (name string, ok bool) {
	// First as an integer, for numbers that floats cannot hold.
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
