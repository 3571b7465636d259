package report

import (
	"math"
	"testing"
)

func TestShortNumber(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "1": 1, "1.00": 1.0000003, "-1.00": -0.9999, "0.5": 0.5, "2.93": 2.934, "10": 10, "10.0": 9.999,
		"100": 99.99, "-12.0": -12.02, "314": 314.2, "1000": 999.9, "999": 999.4, "123457": 123456.7, "1.23e+06": 1234567,
		"1e-05": 1e-5, "0.001": 0.001, "1e+300": 1e300, "4.94e-324": math.SmallestNonzeroFloat64,
	} {
		got := ShortNumber(v)
		if got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestRoundedPercent(t *testing.T) {
	for share, want := range map[float64]float64{0: 0, 1e-9: 0.1, 0.5: 50, 0.3333: 33.3, 0.9996: 99.9, 1: 100} {
		got := RoundedPercent(share)
		if got != want {
			t.Errorf("%v is %v %%, want %v", share, got, want)
		}
	}
}
