package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// parseNumber reads a finite decimal number. With decimalComma a comma stands for the point.
func parseNumber(text string, decimalComma bool) (float64, error) {
	plain := text
	if decimalComma && strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		plain = strings.Replace(text, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(plain, 64)
	// ParseFloat also knows hexadecimal numbers, underscores, and names of what is not finite.
	isDecimal := strings.Trim(plain, "+-.0123456789eE") == ""
	if err == nil && isDecimal && !math.IsInf(v, 0) {
		return v, nil
	}

	switch {
	case text == "":
		return 0, fmt.Errorf("the cell is empty: want a finite number")
	case !decimalComma && strings.Contains(text, ","):
		return 0, fmt.Errorf("%s is not a finite number (a decimal comma needs ; or tabs between the columns)", input.Quote(text))
	}
	return 0, fmt.Errorf("%s is not a finite number", input.Quote(text))
}

// wholeNumber returns how a whole number is written, 3 for 3.0, if text is one.
func wholeNumber(text string) (name string, ok bool) {
	v, err := parseNumber(text, false)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", false
	}
	return strconv.FormatInt(int64(v), 10), true
}
