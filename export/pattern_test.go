package export

import (
	"slices"
	"testing"
)

func TestDefaultTakesTargetsOfEveryName(t *testing.T) {
	taken := func(metric, label string) bool {
		return slices.ContainsFunc(Default, func(p Pattern) bool { return p.matches(metric, label) })
	}
	for _, c := range []struct {
		metric, label string
		want          bool
	}{
		{"test_loss", "", true}, {"test_mse", "", true}, {"test_mse", "target=price", true},
		{"train_r2", "target=km/h", true}, {"spectral_norm", "layer=1", false},
	} {
		if taken(c.metric, c.label) != c.want {
			t.Errorf("%s of %q: want %v", c.metric, c.label, c.want)
		}
	}
}
