package plots

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

func TestKeysAreNamedShortly(t *testing.T) {
	for key, want := range map[string]string{"train.optimizer.lr": "lr", "train.optimizer.name": "optimizer", "name": "name", "seed": "seed"} {
		if got := runset.KeyName(key); got != want {
			t.Errorf("%s is called %q, want %q", key, got, want)
		}
	}
}

func TestLevelsAreInTheOrderOfTheirNumbers(t *testing.T) {
	var tables []*series.Table
	for _, config := range []map[string]string{
		{"model.hidden": "[64, 64]", "lr": "0.1", "act": "tanh"}, {"model.hidden": "[8]", "lr": "1e-3", "act": "relu"}, {"model.hidden": "[100]", "lr": "0.01", "act": "relu"},
	} {
		tables = append(tables, ended(config, 1, nil))
	}

	for key, want := range map[string][]string{
		"model.hidden": {"8", "100", "64, 64"}, "lr": {"1e-3", "0.01", "0.1"}, "act": {"relu", "tanh"},
	} {
		if got := runset.Levels(tables, key); !slices.Equal(got, want) {
			t.Errorf("%s: levels %q, want %q", key, got, want)
		}
		if got := runset.Numeric(tables, key); got != (key != "act") {
			t.Errorf("%s: numeric is %v", key, got)
		}
	}
	if !runset.Spreads([]float64{1, 10}) || runset.Spreads([]float64{1, 9}) || runset.Spreads([]float64{0, 10}) ||
		runset.Spreads(nil) {
		t.Error("a decade of positive values is what a logarithmic axis is for")
	}
}

func TestSweepsAreDrawnOverWhatDiffers(t *testing.T) {
	loss := map[string]float64{series.TestLoss: 1}
	for _, test := range []struct {
		name    string
		configs []map[string]string
		axis    figure.Axis
		lines   int
	}{
		{"learning rate", []map[string]string{{"lr": "0.1"}, {"lr": "0.001"}}, figure.Axis{Name: "lr", Log: true}, 1},
		{"noise from zero", []map[string]string{{"noise": "0"}, {"noise": "0.5"}}, figure.Axis{Name: "noise"}, 1},
		{"the first of two", []map[string]string{{"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "1", "b": "2"}}, figure.Axis{Name: "a"}, 2},
		{"width before all", []map[string]string{withWidth("[4]", "a", "1"), withWidth("[8]", "a", "1")}, figure.Axis{Name: "hidden units", Log: true}, 1},
	} {
		var tables []*series.Table
		for _, c := range test.configs {
			tables = append(tables, ended(c, 1, loss))
		}
		f, declined := finals("test loss", finalTest)(tables)
		if f == nil {
			t.Errorf("%s: %s", test.name, declined)
			continue
		}
		if f.X.Name != test.axis.Name || f.X.Log != test.axis.Log || len(f.Series) != test.lines {
			t.Errorf("%s: axis %+v, %d series", test.name, f.X, len(f.Series))
		}
	}

	if _, declined := finals("test loss", finalTest)([]*series.Table{ended(map[string]string{"act": "relu"}, 1, loss), ended(map[string]string{"act": "tanh"}, 1, loss)}); declined == "" {
		t.Error("a sweep is drawn over names")
	}
}

// TestManyFamiliesArePooled checks that many families become one; a random search would otherwise
// give as many curves as runs.
func TestManyFamiliesArePooled(t *testing.T) {
	var tables []*series.Table
	for i := range 2 * 13 {
		width := []string{"[4]", "[8]"}[i%2]
		tables = append(
			tables,
			ended(
				withWidth(width, "lr", figure.FormatSeed(uint64(i/2))),
				1,
				map[string]float64{series.TestLoss: float64(1 + i%2)},
			),
		)
	}

	f, _ := finals("test loss", finalTest)(tables)
	means := seriesNamed(f, "test loss")
	if len(means) != 1 || !slices.Equal(means[0].Rows[0], figure.Row{4, 1}) ||
		!slices.Equal(means[0].Rows[1], figure.Row{8, 2}) {
		t.Errorf("means %+v", means)
	}

	if single := seriesNamed(f, "single seeds"); len(single) != 1 || single[0].Shape != figure.Dots ||
		len(single[0].Runs) != len(tables) {
		t.Errorf("single runs %+v", single)
	}
}

func TestMapsHoldMeansOfPairs(t *testing.T) {
	var tables []*series.Table
	for _, run := range []struct {
		width, noise string
		loss         float64
	}{{"[8]", "0", 1}, {"[8]", "0", 3}, {"[4]", "0.1", 5}} {
		tables = append(
			tables,
			ended(
				withWidth(run.width, "noise", run.noise),
				uint64(run.loss),
				map[string]float64{series.TestLoss: run.loss},
			),
		)
	}

	f, declined := keyMap(finalTest)(tables)
	if f == nil {
		t.Fatal(declined)
	}
	if s := f.Series[0]; len(s.Rows) != 2 || !slices.Equal(s.Rows[0], figure.Row{0, 1, 5}) ||
		!slices.Equal(s.Rows[1], figure.Row{1, 0, 2}) ||
		len(s.Runs[1]) != 2 {
		t.Errorf("rows %v of runs %v", s.Rows, s.Runs)
	}
	if !slices.Equal(f.X.Values, []string{"4", "8"}) || !slices.Equal(f.Y.Values, []string{"0", "0.1"}) {
		t.Errorf("axes %+v and %+v", f.X, f.Y)
	}
}

func TestParallelCoordinates(t *testing.T) {
	tables := []*series.Table{
		ended(
			withWidth("[4]"),
			1,
			map[string]float64{series.TestLoss: 1, series.LowerBound: 2, series.UpperProduct: 100},
		),
		ended(withWidth("[8]"), 1, map[string]float64{series.TestLoss: 3}),
	}

	f, declined := parallel(tables)
	if f == nil {
		t.Fatal(declined)
	}
	var names []string
	for _, d := range f.Dims {
		names = append(names, d.Name)
	}
	if !slices.Equal(names, []string{"hidden", "test loss", "lower bound", "best certified", "gap"}) {
		t.Errorf("axes %q", names)
	}
	if row := f.Series[0].Rows[0]; !slices.Equal(row, figure.Row{0, 1, 2, 100, 50}) {
		t.Errorf("row %v", row)
	}
	if row := f.Series[1].Rows[0]; row[0] != 1 || row[1] != 3 || query.Finite(row[2]) || query.Finite(row[4]) {
		t.Errorf("row %v of a run without bounds", row)
	}
	var seeds []*series.Table
	for seed := range uint64(3) {
		seeds = append(seeds, ended(withWidth("[4]"), seed, map[string]float64{series.TestLoss: 1}))
	}
	if f, _ := parallel(seeds); f != nil {
		t.Error("runs that differ in seeds only have parallel coordinates")
	}
}
