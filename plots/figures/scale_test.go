package figures

import (
	"fmt"
	"slices"
	"testing"
)

// TestTicks knows the ticks that the script of the pages sets on the same axes.
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
