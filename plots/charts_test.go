package plots

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// fixtures are runs that every chart must either draw or decline.
func fixtures() map[string][]*series.Table {
	return map[string][]*series.Table{
		"trained":   {trainedRun(64, 42, 200)},
		"empty":     {series.NewTable(series.Header{Run: "empty"})},
		"one epoch": {trainedRun(8, 1, 0)},
		"diverged":  {divergedRun()},
		"all NaN":   {nanRun()},
		"doubtful":  {doubtfulRun()},
		"deep":      {deepRun()},
		"hostile":   {hostileRun()},
		"grid":      grid(10),
		"sweep":     append(widthSweep(30), divergedRun()),
		"mixed":     {trainedRun(8, 1, 10), series.NewTable(series.Header{Run: "empty"}), deepRun(), hostileRun()},
	}
}

func TestEveryChartDrawsOrDeclines(t *testing.T) {
	for name, tables := range fixtures() {
		for _, charts := range [][]chart{runCharts, setCharts} {
			charts = slices.DeleteFunc(slices.Clone(charts), func(c chart) bool {
				return !c.suits(tables)
			})
			figures, missing := drawAll(charts, tables)
			if len(figures)+len(missing) != len(charts) {
				t.Errorf("%s: %d charts, %d drawn and %d declined", name, len(charts), len(figures), len(missing))
			}
			for _, m := range missing {
				if m.Title == "" || m.Reason == "" {
					t.Errorf("%s: declined without a word: %+v", name, m)
				}
			}

			for _, f := range figures {
				checkFigure(t, name, f)
			}
		}
	}
}

// checkFigure checks what the page needs from a figure: words, valid options, data, named axes, and
// columns for every series with rows.
func checkFigure(t *testing.T, fixture string, f *figure.Figure) {
	t.Helper()
	if f.ID == "" || f.Title == "" || f.Size == "" || f.Reading == "" {
		t.Errorf("%s: figure %q lacks words", fixture, f.ID)
	}
	data, err := page.Data(f)
	if err != nil {
		t.Fatal(err)
	}
	var option struct {
		XAxis, YAxis []struct{ Name, Type string }
		Series       []struct {
			Name, Type, Color, Shape string
			Columns                  []string
			Data                     [][]*float64
		}
	}

	if err := json.Unmarshal(data, &option); err != nil {
		t.Fatalf("%s: figure %s: %v", fixture, f.ID, err)
	}
	if f.Dims == nil &&
		(len(option.XAxis) != 1 || len(option.YAxis) != 1 || option.XAxis[0].Name == "" || option.YAxis[0].Name == "") {
		t.Errorf("%s: figure %s has axes %+v and %+v", fixture, f.ID, option.XAxis, option.YAxis)
	}

	rows := 0
	for _, s := range option.Series {
		if s.Name == "" || s.Color == "" {
			t.Errorf("%s: figure %s has a series without name or colour: %+v", fixture, f.ID, s)
		}
		for _, r := range s.Data {
			if len(r) != len(s.Columns) {
				t.Fatalf(
					"%s: figure %s, series %s: %d numbers under the columns %q",
					fixture,
					f.ID,
					s.Name,
					len(r),
					s.Columns,
				)
			}
		}

		rows += len(s.Data)
	}
	if rows == 0 {
		t.Errorf("%s: figure %s is empty", fixture, f.ID)
	}
}

func TestChartsAreOfTheirOwnName(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(runCharts, setCharts, ensembleCharts) {
		if seen[c.id] || seen[c.title] {
			t.Errorf("chart %s (%s) appears twice", c.id, c.title)
		}
		seen[c.id], seen[c.title] = true, true
	}
}

// TestSetsOfRegressions checks that only sets with regressions have charts of how well they
// predict.
func TestSetsOfRegressions(t *testing.T) {
	var tables []*series.Table
	for i, width := range []int{4, 16} {
		table := trainedRun(width, 1, 5)
		table.Header.Config[runset.KeyTask] = "regression"
		for metric, value := range map[string]float64{series.TestR2: 0.5 + 0.25*float64(i), series.TestMSE: 8 / float64(i+1)} {
			table.Add(series.Point{Epoch: 9, Sample: series.Sample{Metric: metric, Value: series.Float(value)}})
		}
		tables = append(tables, table)
	}

	want := map[string][]float64{"final-unexplained": {0.5, 0.25}, "final-square-error": {8, 4}}
	for _, f := range SetFigures(tables) {
		values, asked := want[f.ID]
		delete(want, f.ID)
		if !asked {
			continue
		}
		test := slices.IndexFunc(f.Series, func(s figure.Series) bool { return s.Name == "test" })
		if test < 0 || len(f.Series[test].Rows) != 2 || f.Series[test].Rows[0][1] != values[0] || f.Series[test].Rows[1][1] != values[1] {
			t.Errorf("%s: %+v, want %v", f.ID, f.Series, values)
		}
	}
	if len(want) > 0 {
		t.Errorf("not drawn: %v", want)
	}

	for _, f := range SetFigures(widthSweep(5)) {
		if strings.HasPrefix(f.ID, "final-unexplained") {
			t.Errorf("%s of classes", f.ID)
		}
	}
}

func TestEveryChartIsDrawnOfAFullRun(t *testing.T) {
	if _, missing := drawAll(runCharts, []*series.Table{trainedRun(64, 1, 50)}); len(missing) > 0 {
		t.Errorf("not drawn of a run that measured everything: %+v", missing)
	}
	_, ofMany := drawAll(setCharts, grid(5))
	_, ofSeeds := drawAll(setCharts, []*series.Table{trainedRun(64, 1, 50), trainedRun(64, 2, 50)})
	for _, m := range ofMany {
		if slices.ContainsFunc(ofSeeds, func(o page.Missing) bool { return o.Title == m.Title }) {
			t.Errorf("drawn neither of a full sweep nor of two seeds: %+v", m)
		}
	}
}

func TestNothingMeasuredStaysUnseen(t *testing.T) {
	table := trainedRun(64, 1, 50)
	table.Add(series.Point{Epoch: 1, Sample: series.Sample{Metric: "invented_tomorrow", Label: "layer=3", Value: 1}})
	drawn := map[*series.Curve]bool{}
	figures, _ := drawAll(runCharts, []*series.Table{table})
	figures = append(figures, jacobianVariants(table)...)

	for _, f := range append(figures, rest(table, figures)...) {
		for _, c := range f.Drawn {
			drawn[c] = true
		}
	}

	for _, metric := range table.Metrics() {
		for _, label := range table.Labels(metric) {
			if !drawn[table.Curve(metric, label)] {
				t.Errorf("%s %q is on no figure", metric, label)
			}
		}
	}
}

func TestDeclinedChartsSayWhy(t *testing.T) {
	page := string(runPage(t, deepRun()))
	for _, want := range []string{"<strong>Loss</strong> needs train_loss or test_loss, which was not recorded.", "<strong>Dead units</strong>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}

	if page := string(runPage(t, nanRun())); !strings.Contains(
		page,
		"<strong>Bounds on the Lipschitz constant</strong> every recorded",
	) ||
		!strings.Contains(page, "<strong>Loss</strong> every recorded value is NaN or infinite.") {
		t.Error("the page of a run of NaNs does not say that there is nothing finite to draw")
	}

	one := setPage(t, "one width", []*series.Table{trainedRun(8, 1, 5), trainedRun(8, 2, 5)})
	if !bytes.Contains(one, []byte("the runs differ in no key of numbers.")) {
		t.Error("the page of runs of one width does not say why nothing is drawn against width")
	}
}

func TestWarnedPointsAreMarkedDoubtful(t *testing.T) {
	f, _ := bounds(doubtfulRun())
	var marked []figure.Row
	for _, s := range f.Series {
		if s.Name == "doubtful" {
			marked = append(marked, s.Rows...)
		}
	}
	if len(marked) != 3 || marked[0][0] != 51 || marked[2][0] != 53 {
		t.Errorf("marked as doubtful: %v, want epochs 51 to 53", marked)
	}
}
