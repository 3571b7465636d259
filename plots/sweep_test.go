package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// ended returns a run with one value for each of the given metrics.
func ended(config map[string]string, seed uint64, values map[string]float64) *series.Table {
	t := series.NewTable(series.Header{Run: fmt.Sprint(config, seed), Seed: seed, Config: config})
	for metric, v := range values {
		kind := series.Exact
		if strings.HasPrefix(metric, "upper_") {
			kind = series.Certified
		}
		t.Add(series.Point{Epoch: 5, Sample: series.Sample{Metric: metric, Value: series.Float(v), Kind: kind}})
	}
	return t
}

func withWidth(width string, extra ...string) map[string]string {
	config := map[string]string{"model.hidden": width}
	for i := 0; i < len(extra); i += 2 {
		config[extra[i]] = extra[i+1]
	}
	return config
}

func seriesNamed(f *figure.Figure, name string) []figure.Series {
	var found []figure.Series
	for _, s := range f.Series {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

func TestAgainstWidthDrawsMeansBandsAndSeeds(t *testing.T) {
	var tables []*series.Table
	for seed, lower := range []float64{2, 4, 6} {
		tables = append(tables, ended(withWidth("[8]"), uint64(seed), map[string]float64{series.LowerBound: lower}))
	}
	for seed, lower := range []float64{1, 1, 10} {
		tables = append(
			tables,
			ended(withWidth("[16, 16]"), uint64(seed), map[string]float64{series.LowerBound: lower}),
		)
	}

	f, declined := finalBounds(tables)
	if f == nil {
		t.Fatal(declined)
	}
	means := seriesNamed(f, "lower bound")[0].Rows
	if len(means) != 2 || !slices.Equal(means[0], figure.Row{8, 4}) || !slices.Equal(means[1], figure.Row{32, 4}) {
		t.Errorf("means %v", means)
	}
	// 4 ± 2; and 4 ± √27, which would reach below zero, so the band ends at the smallest seed.
	band := seriesNamed(f, "± one standard deviation")[0].Rows
	if !slices.Equal(band[0], figure.Row{8, 2, 6}) || band[1][1] != 1 ||
		!near(band[1][2], 4+math.Sqrt(27), fitTolerance) {
		t.Errorf("band %v", band)
	}

	if seeds := seriesNamed(f, "single seeds"); len(seeds) != 3 || !slices.Equal(seeds[2].Rows[1], figure.Row{32, 10}) {
		t.Errorf("seeds %v", seeds)
	}
	if f.Epochs {
		t.Error("a chart over width shares the epochs' zoom")
	}
}

func TestAgainstWidthCountsParametersWhereKnown(t *testing.T) {
	values := map[string]float64{series.TestLoss: 1}
	known := []*series.Table{
		ended(withWidth("[8]", "model.parameters", "400"), 1, values),
		ended(withWidth("[4]", "model.parameters", "200"), 1, values),
	}

	f, _ := finals("test loss", finalTest)(known)
	if rows := seriesNamed(f, "test loss")[0].Rows; rows[0][0] != 200 || rows[1][0] != 400 {
		t.Errorf("rows %v", rows)
	}
	delete(known[0].Header.Config, "model.parameters")
	f, _ = finals("test loss", finalTest)(known)
	if rows := seriesNamed(f, "test loss")[0].Rows; rows[0][0] != 4 || rows[1][0] != 8 {
		t.Errorf("rows %v without the number of parameters", rows)
	}
}

func TestAgainstWidthKeepsOtherDifferencesApart(t *testing.T) {
	var tables []*series.Table
	for _, width := range []string{"[4]", "[8]"} {
		for _, noise := range []string{"0", "0.2"} {
			tables = append(
				tables,
				ended(withWidth(width, "data.label_noise", noise), 1, map[string]float64{series.TestLoss: 1}),
			)
		}
	}

	f, _ := finals("test loss", finalTest)(tables)
	for _, name := range []string{"label_noise 0: test loss", "label_noise 0.2: test loss"} {
		if s := seriesNamed(f, name); len(s) != 1 || len(s[0].Rows) != 2 {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestDivergedRunsAreLeftOut(t *testing.T) {
	tables := []*series.Table{
		ended(withWidth("[4]"), 1, map[string]float64{series.TrainLoss: 1, series.TestLoss: 2}),
		ended(withWidth("[4]"), 2, map[string]float64{series.TrainLoss: math.NaN(), series.TestLoss: math.Inf(1)}),
		ended(withWidth("[8]"), 1, map[string]float64{series.TrainLoss: 1, series.TestLoss: 3}),
	}
	f, _ := finals("test loss", finalTest)(tables)
	if rows := seriesNamed(f, "test loss")[0].Rows; !slices.Equal(rows[0], figure.Row{4, 2}) {
		t.Errorf("rows %v", rows)
	}
	if !strings.Contains(f.Reading, "Left out: 1 run that diverged.") {
		t.Errorf("the caption is silent on the diverged run: %s", f.Reading)
	}
}

// A diverged run may have had finite bounds before that grew without limit.
func TestBoundsOfDivergedRunsTellNothing(t *testing.T) {
	diverged := ended(withWidth("[4]"), 2, map[string]float64{series.TrainLoss: math.NaN(), series.LowerBound: 1e45})
	tables := []*series.Table{
		ended(withWidth("[4]"), 1, map[string]float64{series.TrainLoss: 1, series.LowerBound: 2}),
		diverged,
		ended(withWidth("[8]"), 1, map[string]float64{series.TrainLoss: 1, series.LowerBound: 3}),
	}

	f, _ := finalBounds(tables)
	if rows := seriesNamed(f, "lower bound")[0].Rows; !slices.Equal(rows[0], figure.Row{4, 2}) {
		t.Errorf("rows %v", rows)
	}
	if !strings.HasPrefix(f.Reading, "One run at each place. Left out: 1 run that diverged.") {
		t.Errorf("the caption: %s", f.Reading)
	}

	for _, tile := range setTiles(tables, nil) {
		if tile.Name == "Largest lower bound" && tile.Value != "3" {
			t.Errorf("the largest lower bound is %s", tile.Value)
		}
	}

	said := strings.Join(setSummary(tables), " ")
	if !strings.Contains(said, " The lower bound is least with width 4 (2) and greatest with width 8 (3).") {
		t.Errorf("the page says: %s", said)
	}
}
