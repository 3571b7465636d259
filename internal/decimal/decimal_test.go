package decimal

import (
	"strings"
	"testing"
)

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "10": 10, "010": 10, "08": 8, "000": 0, "+7": 7, "-7": -7, "-0": 0,
		"9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63,
	} {
		got, err := Integer(text)
		if err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
		natural, err := Natural(text)
		if negative := strings.HasPrefix(text, "-"); (err != nil) != negative {
			t.Errorf("%q: %v", text, err)
		} else if !negative && natural != uint64(want) {
			t.Errorf("%q is %d, want %d", text, natural, want)
		}
	}

	largest, err := Natural("18446744073709551615")
	if err != nil || largest != 1<<64-1 {
		t.Error(largest, err)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"010": 10, "08.50": 8.5, ".5": 0.5, "5.": 5, "-1e-3": -1e-3, "+1E+2": 100, "1e-400": 0,
	} {
		got, err := Number(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
}

// Any other spelling is refused, and no error mentions strconv.
func TestOtherSpellings(t *testing.T) {
	for _, text := range []string{
		"", " ", "0x10", "0b1", "0o17", "1_0", "0_1", "_1", "1e", "--1", "-+1", "+-1", "++1", "1 0", "١", "10abc",
		"nan", "NaN", "inf", "-Inf", "Infinity", "0x1p3", "1,5", "1e400", "1/2", "１０", "\x00", "1\n",
	} {
		_, errInteger := Integer(text)
		_, errNatural := Natural(text)
		_, errNumber := Number(text)
		for _, err := range []error{errInteger, errNatural, errNumber} {
			if err == nil || strings.Contains(err.Error(), "strconv") {
				t.Errorf("%q: %v", text, err)
			}
		}
	}

	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "99999999999999999999999"} {
		_, err := Integer(text)
		if err == nil || err.Error() != "the number is too large" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
