package decimal

import (
	"math"
	"strconv"
	"testing"
)

// FuzzNumbers checks that no text is read as two numbers: what Integer and Natural accept, Number
// reads as the same value, and an integer is read back from its decimal digits.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"0", "010", "+7", "-0", "1e400", "1_0", "0x1p4", "9007199254740993", "1e-400", ".5", "inf", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, err := Number(text)
		if err == nil && (math.IsNaN(number) || math.IsInf(number, 0)) {
			t.Errorf("%q is %g", text, number)
		}

		if whole, wholeErr := Integer(text); wholeErr == nil {
			if err != nil || number != float64(whole) {
				t.Errorf("%q is %d and %g, %v", text, whole, number, err)
			}
			if again, err := Integer(strconv.FormatInt(whole, 10)); err != nil || again != whole {
				t.Errorf("%d is read back as %d, %v", whole, again, err)
			}
		}
		if natural, naturalErr := Natural(text); naturalErr == nil && (err != nil || number != float64(natural)) {
			t.Errorf("%q is %d and %g, %v", text, natural, number, err)
		}
	})
}
