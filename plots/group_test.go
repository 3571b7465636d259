package plots

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestOrderedByWidthAndSeed(t *testing.T) {
	var tables []*series.Table
	for _, width := range []string{"[100]", "[12]", "[2]"} {
		for _, seed := range []uint64{44, 42} {
			tables = append(tables, ended(withWidth(width), seed, nil))
		}
	}

	var got []string
	for _, r := range runset.Ordered(tables) {
		got = append(got, r.Header.Config["model.hidden"]+" "+figure.FormatSeed(r.Header.Seed))
	}
	if want := []string{"[2] 42", "[2] 44", "[12] 42", "[12] 44", "[100] 42", "[100] 44"}; !slices.Equal(got, want) {
		t.Errorf("order %q", got)
	}
}

func TestGroupNames(t *testing.T) {
	for _, test := range []struct {
		keys []string
		want string
	}{
		{nil, "all runs"},
		{[]string{"model.hidden"}, "width 64"},
		{[]string{"model.hidden", "data.label_noise"}, "width 64, label_noise 0.2"},
	} {
		if got := runset.GroupName(ended(withWidth("[64]", "data.label_noise", "0.2"), 1, nil), test.keys); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}

	if got := runset.GroupName(ended(withWidth("[64, 32]"), 1, nil), []string{"model.hidden"}); got != "hidden [64, 32]" {
		t.Errorf("%q", got)
	}
}
