package series

import (
	"cmp"
	"strconv"
)

// CompareNatural orders strings with the numbers inside them compared as numbers, so that
// "layer=10" follows "layer=9".
func CompareNatural(a, b string) int {
	for a != "" && b != "" {
		na, ra := leadingNumber(a)
		nb, rb := leadingNumber(b)
		// Both begin with a number. The numbers are compared; equal ones are skipped.
		if ra != a && rb != b {
			if c := cmp.Compare(na, nb); c != 0 {
				return c
			}
			a, b = ra, rb
			continue
		}

		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}

		a, b = a[1:], b[1:]
	}

	return cmp.Compare(len(a), len(b))
}

// leadingNumber splits a decimal number (with fraction and exponent) off the front of s; rest is s
// itself if there is none.
func leadingNumber(s string) (value float64, rest string) {
	end := 0
	for i := 1; i <= len(s); i++ {
		c := s[i-1]
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != '-' && c != '+' {
			break
		}

		// The longest prefix that is a number: "1e" is not, "1e5" is.
		v, err := strconv.ParseFloat(s[:i], 64)
		if err == nil {
			value, end = v, i
		}
	}

	return value, s[end:]
}
