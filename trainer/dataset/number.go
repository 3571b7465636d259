package dataset

import (
	"math"
	"strconv"

	"github.com/liptrack/liptrack/internal/tabletext"
)

// wholeNumber returns how a whole number is written, 3 for 3.0, if text is one.
func wholeNumber(text string) (name string, ok bool) {
	v, err := tabletext.ParseNumber(text, false)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", false
	}
	return strconv.FormatInt(int64(v), 10), true
}
