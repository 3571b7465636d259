// Package decimal parses numbers as people write them: in decimal digits, with or without leading
// zeros. The functions of strconv also accept other bases, underscores, and names such as "inf",
// but not all of them the same ones, so one text could be read as two different numbers.
package decimal

import (
	"errors"
	"strconv"
	"strings"
)

// Integer parses a whole number with or without a sign. Leading zeros are ignored.
func Integer(text string) (int64, error) {
	digits := text
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		digits = text[1:]
	}
	if !areDigits(digits) {
		return 0, errors.New("want a whole number in decimal digits")
	}

	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("the number is too large")
	}
	return v, nil
}

// Natural parses a whole number that is not negative. A plus sign is allowed.
func Natural(text string) (uint64, error) {
	digits := strings.TrimPrefix(text, "+")
	if !areDigits(digits) {
		return 0, errors.New("want a whole number from 0, in decimal digits")
	}

	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, errors.New("the number is too large")
	}
	return v, nil
}

// Number parses a finite number, with or without a decimal point and an exponent.
func Number(text string) (float64, error) {
	// Any other character belongs to another base, or to a name such as "inf".
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, errNumber
	}

	v, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errors.New("the number is too large")
	case err != nil:
		return 0, errNumber
	}
	return v, nil
}

var errNumber = errors.New("want a number such as 0.05 or 1e-3")

func areDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
