package picture

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
)

// TestTicks compares with the ticks that the pages' script sets on the same axes.
func TestTicks(t *testing.T) {
	for _, test := range []struct {
		scale       axisScale
		length, gap float64
		want        string
	}{
		{axisScale{low: 0.3, high: 40, log: true}, 300, 18, "[0.3 0.5 0.7 1 2 3 5 7 10 20 30]"},
		{axisScale{low: 1, high: 1e9, log: true}, 300, 70, "[1 1,000 10⁶ 10⁹]"},
		{axisScale{low: 2.1, high: 2.2, log: true}, 300, 60, "[2.1 2.12 2.14 2.16 2.18 2.2]"},
		{axisScale{low: 0, high: 3000}, 400, 64, "[0 500 1,000 1,500 2,000 2,500 3,000]"},
		{axisScale{low: -0.4, high: 1}, 200, 34, "[0 0.5 1]"},
		{axisScale{low: 2e-5, high: 4e-4, log: true}, 300, 70, "[3×10⁻⁵ 10⁻⁴ 3×10⁻⁴]"},
		{axisScale{low: 1_000_000, high: 1_000_004}, 300, 64, "[10⁶ 1.000001×10⁶ 1.000002×10⁶ 1.000003×10⁶ 1.000004×10⁶]"},
		{axisScale{low: -0.5, high: 1.5, values: []string{"64", "64, 64"}}, 300, 70, "[64 64, 64]"},
	} {
		var labels []string
		for _, tick := range test.scale.ticks(test.length, test.gap) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := fmt.Sprint(labels); got != test.want {
			t.Errorf("%+v: ticks %s, want %s", test.scale, got, test.want)
		}
	}
}

func TestScriptsAreCutOut(t *testing.T) {
	for txt, want := range map[string][]span{
		"σ₁(W)":     {{"σ", 1, 0}, {"1", scriptSize, subRise}, {"(W)", 1, 0}},
		"3×10⁻⁵ ∇L": {{"3×10", 1, 0}, {"−5", scriptSize, superRise}, {" grad L", 1, 0}},
		"":          nil,
	} {
		if got := spans(txt); !slices.Equal(got, want) {
			t.Errorf("%q is cut into %v, want %v", txt, got, want)
		}
	}
}

// extremes are numbers at which arithmetic on an axis overflows, underflows or loses its digits.
var extremes = []float64{
	0, 1, -1, 2.5, math.Nextafter(2.5, 3), 1 + 0x1p-51, 1e16, 1e16 + 2, -1e16, 1e308, -1e308, math.MaxFloat64, -math.MaxFloat64,
	math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 1e-310, 1e-300, 1e300, math.NaN(), math.Inf(1), math.Inf(-1),
}

func TestScalesOfExtremes(t *testing.T) {
	for _, a := range extremes {
		for _, b := range extremes {
			for _, log := range []bool{false, true} {
				checkScale(t, a, b, log, 300)
			}
		}
	}
}

func FuzzTicks(f *testing.F) {
	f.Add(2.5, 2.5000000000000004, false, 300.0)
	f.Add(5e-324, 1e308, true, 1.0)
	f.Fuzz(func(t *testing.T, a, b float64, log bool, length float64) {
		checkScale(t, a, b, log, min(length, 1e5))
	})
}

// checkScale checks the axis of a figure of two values: its ends are usable numbers, it contains
// the values, its ticks fit, and no two labels are equal.
func checkScale(t *testing.T, a, b float64, log bool, length float64) {
	t.Helper()
	rows := []figure.Row{{0, a}, {1, b}}
	s := scaleOf(&figure.Figure{Y: figure.Axis{Log: log}, Series: []figure.Series{{Shape: figure.Line, Rows: rows}}}, 1)

	if !(s.low < s.high) || math.IsInf(s.low, 0) || math.IsInf(s.high, 0) || s.log && s.low <= 0 {
		t.Fatalf("%g and %g, log %v: the axis goes from %g to %g", a, b, log, s.low, s.high)
	}
	for _, v := range []float64{a, b} {
		place := s.Normalize(0, 0, v)
		if s.shows(v) && (!s.holds(v) || !(place >= 0 && place <= 1)) {
			t.Errorf("%g and %g, log %v: %g lies at %g of the axis from %g to %g", a, b, log, v, place, s.low, s.high)
		}
	}

	const gap = 20
	labels := map[string]bool{}
	for _, tick := range s.ticks(length, gap) {
		if !s.log && !s.holds(tick.Value) && math.Abs(s.Normalize(0, 0, tick.Value)-0.5) > 0.5001 {
			t.Errorf("%g and %g: a tick at %g, beyond the axis from %g to %g", a, b, tick.Value, s.low, s.high)
		}
		if tick.Label != "" && labels[tick.Label] {
			t.Errorf("%g and %g, log %v: two ticks are labelled %s", a, b, log, tick.Label)
		}
		labels[tick.Label] = true
	}
	if most := max(1, length/gap) + 2; float64(len(labels)) > most {
		t.Errorf("%g and %g, log %v: %d labels on %g points", a, b, log, len(labels), length)
	}
}
