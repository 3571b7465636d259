package plots

import (
	"strings"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

func TestPlacesInWords(t *testing.T) {
	for _, test := range []struct {
		at           series.Place
		from, sample string
		want         string
	}{
		{series.Place{Set: "probe", Points: []int{1234}, Classes: []int{3}}, "train", "0", "at training point 1234, class 3"},
		{series.Place{Set: "probe", Points: []int{0}}, "test", "0", "at test point 0"},
		{series.Place{Set: "probe", Points: []int{5}}, "train", "50", "at probe point 5"},
		{series.Place{Set: "probe", Points: []int{5}}, "file", "0", "at probe point 5"},
		{series.Place{Set: "test", Points: []int{5, 7}, Weight: 0.3}, "train", "0", "between test point 5 and test point 7"},
		{series.Place{Set: "train", Points: []int{5}, X: []series.Float{1, 2}}, "test", "0", "near training point 5"},
		{series.Place{X: []series.Float{1, 2}}, "train", "0", "at none of the points of the data"},
	} {
		table := series.NewTable(
			series.Header{
				Config: map[string]string{"track.probes.from": test.from, "track.probes.sample": test.sample},
			},
		)
		if got := where(table, &test.at); got != test.want {
			t.Errorf("%+v is %q, want %q", test.at, got, test.want)
		}
	}
}

func TestSummaryAndDigestSayWhere(t *testing.T) {
	table := series.NewTable(
		series.Header{Config: map[string]string{"track.probes.from": "train", "track.probes.sample": "0"}},
	)
	for epoch, point := range []int{4, 8} {
		table.Add(series.Point{Epoch: epoch, Sample: series.Sample{
			Metric: series.LowerBound, Value: 2, Kind: series.Lower,
			At: &series.Place{Set: series.ProbePoints, Points: []int{point}, Classes: []int{6}},
		}})
	}

	if text := whatTheBoundsDid(table); !strings.Contains(text, "attained at training point 8, class 6") {
		t.Errorf("the summary says %q", text)
	}
	if at := DigestOf(table).Curves[0].At; at == nil || at.Points[0] != 8 {
		t.Errorf("the digest has it at %+v", at)
	}
}
