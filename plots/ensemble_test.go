package plots

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// ensembleOf returns an ensemble of two runs whose bias and variance depend on their width.
func ensembleOf(width int, squares bool) *series.Table {
	of := trainedRun(width, 1, 0).Header
	t := series.NewTable(series.Header{Experiment: of.Experiment, Run: fmt.Sprint("group", width), Config: of.Config})
	delete(t.Header.Config, "seed")

	for seed := uint64(1); seed <= 2; seed++ {
		run := trainedRun(width, seed, 0).Header
		t.Header.Members = append(t.Header.Members, series.Member{Run: run.Run, Seed: seed, Epoch: 5})
	}

	add := func(metric, label string, value float64) {
		t.Add(
			series.Point{
				Epoch:  5,
				Sample: series.Sample{Metric: metric, Label: label, Value: series.Float(value), Kind: series.Exact},
			},
		)
	}

	w := float64(width)
	if squares {
		add(series.ExpectedLoss, "", 0.5+w)
		add(series.Bias, "", 0.5)
	}

	add(series.Variance, "", w)
	for i, label := range []string{"at=zero,by=lower", "at=zero,by=upper", "at=zero,by=product", "at=mean,by=lower", "at=mean,by=upper", "at=mean,by=product"} {
		add(series.VarianceBound, label, w*float64(100+i))
	}
	return t
}

// seedRuns are the members of the ensembles of widths 8 and 16.
func seedRuns() []*series.Table {
	return []*series.Table{trainedRun(8, 1, 5), trainedRun(8, 2, 5), trainedRun(16, 1, 5), trainedRun(16, 2, 5)}
}

// TestEnsemblesOfOtherRunsAreNotDrawn leaves out one of the runs, and passes a series without
// members.
func TestEnsemblesOfOtherRunsAreNotDrawn(t *testing.T) {
	ensembles := []*series.Table{ensembleOf(8, true), ensembleOf(16, true), trainedRun(8, 1, 5)}
	if figures, _ := drawEnsembles(ensembles, seedRuns()); len(seriesNamed(figures[0], "variance")[0].Rows) != 2 {
		t.Errorf("of all runs: %+v, want both ensembles", figures[0])
	}
	if figures, missing := drawEnsembles(ensembles, seedRuns()[1:3]); len(figures) > 0 || len(missing) != 2 {
		t.Errorf("of runs that make no ensemble whole: %d figures, %d missing", len(figures), len(missing))
	}
}

func TestEnsemblesAreDrawnAgainstWidth(t *testing.T) {
	figures, missing := drawEnsembles([]*series.Table{ensembleOf(16, true), ensembleOf(8, true)}, seedRuns())
	if len(missing) > 0 {
		t.Fatalf("declined: %+v", missing)
	}
	x := func(width int) float64 { v, _ := query.Number(ensembleOf(width, true), runset.KeyParameters); return v }
	for i, want := range []map[string][]figure.Row{
		{"expected loss": {{x(8), 8.5}, {x(16), 16.5}}, "variance": {{x(8), 8}, {x(16), 16}}, "bias": {{x(8), 0.5}, {x(16), 0.5}}},
		{"variance": {{x(8), 8}, {x(16), 16}}, "bound by lower bounds": {{x(8), 800}, {x(16), 1600}},
			"bound by upper bounds": {{x(8), 808}, {x(16), 1616}}, "the same around the mean": {{x(8), 824}, {x(16), 1648}}},
	} {
		checkFigure(t, "ensembles", figures[i])
		for name, rows := range want {
			found := seriesNamed(figures[i], name)
			if len(found) != 1 || !reflect.DeepEqual(found[0].Rows, rows) {
				t.Errorf("%s: %s is %+v, want %v", figures[i].ID, name, found, rows)
			}
		}
	}

	var runs []string
	for _, run := range []*series.Table{trainedRun(8, 1, 0), trainedRun(8, 2, 0)} {
		runs = append(runs, figure.NameOf(run))
	}
	if of := seriesNamed(figures[0], "variance")[0].Runs[0]; !slices.Equal(of, runs) {
		t.Errorf("the ensemble of width 8 is of the runs %q, want %q", of, runs)
	}
}

func TestEnsemblesOfOtherLossesHaveNoBias(t *testing.T) {
	figures, _ := drawEnsembles([]*series.Table{ensembleOf(8, false), ensembleOf(16, false)}, seedRuns())
	if names := []int{len(seriesNamed(figures[0], "variance")), len(seriesNamed(figures[0], "bias")), len(seriesNamed(figures[0], "expected loss"))}; !slices.Equal(
		names,
		[]int{1, 0, 0},
	) {
		t.Errorf("series of variance, bias and expected loss: %v", names)
	}
}

func TestStopsAtDifferentEpochsAreSaid(t *testing.T) {
	doubtful := ensembleOf(8, true)
	doubtful.Add(
		series.Point{
			Epoch:  6,
			Sample: series.Sample{Metric: series.Variance, Value: 3, Warning: "stopped at different epochs"},
		},
	)
	figures, _ := drawEnsembles([]*series.Table{doubtful, ensembleOf(16, true)}, seedRuns())
	if !strings.HasSuffix(figures[0].Reading, "In 1 setting the runs stopped at different epochs.") {
		t.Errorf("reading: %s", figures[0].Reading)
	}
}

func TestSetPageWithAndWithoutEnsembles(t *testing.T) {
	runs := seedRuns()

	for _, c := range []struct {
		ensembles []*series.Table
		want      string
	}{
		{nil, "<strong>Bias and variance</strong> needs two finished runs or more that differ in nothing but their seeds."},
		{[]*series.Table{ensembleOf(8, true)}, "<strong>Bias and variance</strong> the runs differ in no key of numbers."},
		{[]*series.Table{ensembleOf(8, true), ensembleOf(16, true)}, "of the mean network from the targets"},
	} {
		var page bytes.Buffer
		if err := SetPage("set", entries(runs), c.ensembles...).Write(&page); err != nil ||
			!strings.Contains(page.String(), c.want) {
			t.Errorf("%d ensembles: error %v, want a page that says %q", len(c.ensembles), err, c.want)
		}

		if n := len(SetFigures(runs, c.ensembles...)); n != len(SetFigures(runs))+2*(len(c.ensembles)/2) {
			t.Errorf("%d ensembles: %d figures", len(c.ensembles), n)
		}
	}
}
