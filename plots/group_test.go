package plots

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

func TestVaryingKeysLeaveOutSeedsAndDerived(t *testing.T) {
	tables := []*series.Table{
		ended(withWidth("[4]", "seed", "1", "data.seed", "1", "model.parameters", "200", "train.loss", "mse"), 1, nil),
		ended(withWidth("[8]", "seed", "2", "data.seed", "2", "model.parameters", "400", "train.loss", "mse", "only.here", "x"), 2, nil),
	}
	if got := varyingKeys(tables); !slices.Equal(got, []string{"model.hidden", "only.here"}) {
		t.Errorf("varying keys %q", got)
	}
}

func TestOrderedByWidthAndSeed(t *testing.T) {
	var tables []*series.Table
	for _, width := range []string{"[100]", "[12]", "[2]"} {
		for _, seed := range []uint64{44, 42} {
			tables = append(tables, ended(withWidth(width), seed, nil))
		}
	}
	var got []string
	for _, r := range Ordered(tables) {
		got = append(got, r.Header.Config["model.hidden"]+" "+uintText(r.Header.Seed))
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
		if got := groupName(ended(withWidth("[64]", "data.label_noise", "0.2"), 1, nil), test.keys); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if got := groupName(ended(withWidth("[64, 32]"), 1, nil), []string{"model.hidden"}); got != "hidden [64, 32]" {
		t.Errorf("%q", got)
	}
}

func TestHiddenUnits(t *testing.T) {
	for list, want := range map[string]int{"[64]": 64, "[64, 32]": 96, "[64 32]": 96, "8": 8, "[]": 0, "": 0, "[a]": 0} {
		if got, ok := hiddenUnits(ended(withWidth(list), 1, nil)); got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", list, got, ok, want)
		}
	}
}
