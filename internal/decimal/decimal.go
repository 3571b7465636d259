// Package decimal reads numbers as people write them: in decimal digits, whatever stands before
// them. Go's own readers also take other bases, underscores and names of what is not finite, some
// of them in one place and some in another, so that one text would be two numbers.
package decimal

import (
	"errors"
	"strconv"
	"strings"
)

// Integer reads a whole number with or without a sign. Zeros in front mean nothing.
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

// Natural reads a whole number from 0.
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

// Number reads a finite number, with or without point and exponent.
func Number(text string) (float64, error) {
	// What is left over belongs to other bases, or names what is not finite.
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

var errNumber = errors.New("want a number, as 0.05 or 1e-3")

func areDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
