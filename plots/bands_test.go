package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// fitTolerance allows for the rounding of a few thousand additions.
const fitTolerance = 1e-10

// measuredAt returns a run of a given width whose lower bound is measured at the given epochs.
func measuredAt(width string, seed uint64, values map[int]float64) *series.Table {
	t := series.NewTable(series.Header{Run: width + figure.FormatSeed(seed), Seed: seed, Config: withWidth(width)})
	for e := range 100 {
		if v, ok := values[e]; ok {
			t.Add(
				series.Point{
					Epoch:  e,
					Step:   3 * e,
					Sample: series.Sample{Metric: series.LowerBound, Value: series.Float(v), Kind: series.Lower},
				},
			)
		}
	}

	return t
}

func TestBandsAreOverTheEpochsOfAllSeeds(t *testing.T) {
	nan := math.NaN()
	f, declined := boundBands(runset.CurveOf(series.LowerBound))([]*series.Table{
		measuredAt("[4]", 1, map[int]float64{1: 2, 2: 3, 4: 6, 8: 8}),
		measuredAt("[4]", 2, map[int]float64{1: 4, 4: 2, 8: nan, 16: 3}),
		measuredAt("[4]", 3, map[int]float64{1: 6, 2: 7, 4: 1, 8: nan}), // diverged
		measuredAt("[8]", 1, map[int]float64{1: 5}),
	})
	if f == nil {
		t.Fatal(declined)
	}
	if means := seriesNamed(f, "width 4"); len(means) != 1 || len(means[0].Rows) != 2 ||
		!slices.Equal(means[0].Rows[0], figure.Row{1, 3}) ||
		!slices.Equal(means[0].Rows[1], figure.Row{4, 4}) {
		t.Errorf("means %v", means)
	}

	if band := seriesNamed(f, "± one standard deviation"); len(band) != 1 ||
		!near(band[0].Rows[0][1], 3-math.Sqrt2, fitTolerance) ||
		!near(band[0].Rows[0][2], 3+math.Sqrt2, fitTolerance) {
		t.Errorf("bands %v", band)
	}

	if single := seriesNamed(f, "single seeds"); len(single) != 2 || single[0].Dash != figure.Dotted ||
		len(single[0].Rows) != 4 {
		t.Errorf("single seeds %v", single)
	}
	if !strings.Contains(f.Reading, "Left out: 1 run that diverged.") {
		t.Errorf("reading %q", f.Reading)
	}
}

func TestBandsNeedSeedsAndFewSettings(t *testing.T) {
	if _, declined := boundBands(runset.CurveOf(series.LowerBound))([]*series.Table{measuredAt("[4]", 1, map[int]float64{1: 1}), measuredAt("[8]", 1, map[int]float64{1: 1})}); declined != "needs several seeds of a setting" {
		t.Errorf("one seed a setting: %q", declined)
	}
	var many []*series.Table
	for i := range runset.MostBands + 1 {
		for seed := range uint64(2) {
			many = append(many, measuredAt("["+figure.FormatSeed(uint64(i+1))+"]", seed, map[int]float64{1: 1}))
		}
	}
	if _, declined := boundBands(runset.CurveOf(series.LowerBound))(many); declined != "needs at most 24 settings" {
		t.Errorf("many settings: %q", declined)
	}
}

// The slope of an evolution is fitted to the mean: if two seeds are multiples of one power law, so
// is their mean.
func TestBandsTellTheTrendOfTheirMeans(t *testing.T) {
	values := func(factor float64) map[int]float64 {
		m := map[int]float64{}
		for e := 1; e < 100; e++ {
			m[e] = factor * math.Sqrt(float64(e))
		}
		return m
	}
	f, _ := boundBands(runset.CurveOf(series.LowerBound))([]*series.Table{measuredAt("[4]", 1, values(1)), measuredAt("[4]", 2, values(3))})
	if f.Table == nil || f.Table.Rows[0][0].Text != "all runs" || f.Table.Rows[0][1].Text != "0.5000" ||
		f.Table.Rows[0][2].Text != "1" {
		t.Errorf("trends %+v", f.Table)
	}
}

func TestSweepsTellTheirTrends(t *testing.T) {
	var tables []*series.Table
	for i, width := range []string{"[2]", "[4]", "[8]", "[16]", "[32]"} {
		for seed, factor := range []float64{1, 3} {
			tables = append(
				tables,
				ended(
					withWidth(width),
					uint64(seed),
					map[string]float64{series.TestLoss: factor * math.Pow(4, float64(i))},
				),
			)
		}
	}

	if f, _ := finals("test loss", finalTest)(tables); f.Table == nil || !strings.HasPrefix(f.Table.Rows[0][1].Text, "2") ||
		f.Table.Rows[0][3].Text != "5" {
		t.Errorf("trends %+v", f.Table)
	}
}

func TestIdentifiersComeFromNames(t *testing.T) {
	ids := figure.Slugs{}
	for _, test := range [][2]string{{"metric-new_metric", "metric-new_metric"}, {"metric-New_metric", "metric-new_metric-2"}, {`a</b "c`, "a-b-c"}} {
		if got := ids.Slug(test[0]); got != test[1] {
			t.Errorf("%q becomes %q, want %q", test[0], got, test[1])
		}
	}
}

func TestDeadOutputsAreAmongDeadUnits(t *testing.T) {
	run := trainedRun(8, 1, 5)
	run.Add(series.Point{Epoch: 5, Sample: series.Sample{Metric: series.DeadOutputs, Value: 1, Kind: series.Exact}})
	figures := RunFigures(run)
	i := slices.IndexFunc(figures, func(f *figure.Figure) bool { return f.ID == "dead-units" })
	if i < 0 || len(seriesNamed(figures[i], "outputs")) != 1 {
		t.Error("the chart of dead units lacks the outputs")
	}
	if slices.ContainsFunc(figures, func(f *figure.Figure) bool { return f.ID == "metric-dead_outputs" }) {
		t.Error("dead outputs have a figure of their own")
	}
}
