package plots

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
)

var numberForms = map[float64]string{
	0: "0", 7: "7", -12: "-12", 12345: "12,345", 9999999: "9,999,999", 1e7: "1.000×10⁷", 0.5: "0.5000", 3.14159: "3.142", -3.14159: "-3.142",
	1234.56: "1,235", 123456.7: "123,457", 1.5e6 + 0.25: "1.500×10⁶", 0.00123456: "0.001235", 1.23456e-5: "1.235×10⁻⁵", -4.2e27: "-4.200×10²⁷",
	math.Inf(1): "+∞", math.Inf(-1): "-∞",
}

func TestFormatNumber(t *testing.T) {
	for v, want := range numberForms {
		if got := figure.FormatNumber(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	if got := figure.FormatNumber(math.NaN()); got != "NaN" {
		t.Errorf("NaN is written %q", got)
	}
}

func TestFormatFactor(t *testing.T) {
	for v, want := range map[float64]string{1: "×1.00", 17.92: "×17.9", 303.52: "×304", 12345.6: "×12,346", 0.25: "×0.250", 3.2e9: "×3.200×10⁹", math.Inf(1): "—"} {
		if got := figure.FormatFactor(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestRowJSON(t *testing.T) {
	b, err := figure.Row{1, 0.123456789, 12345678, math.NaN(), math.Inf(-1), -1e-9, 2.5e30}.MarshalJSON()
	if want := "[1,0.123457,12345678,null,null,-1e-09,2.5e+30]"; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
}
