package plots

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/browsertest"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestSweepsAreParsed(t *testing.T) {
	for text, want := range map[string]free.Sweep{
		"lower_bound,model.hidden":                                  {Metric: "lower_bound", Epoch: free.Final, Key: "model.hidden", Form: free.Curves},
		"lower_bound@500,hidden,train.loss,panels":                  {Metric: "lower_bound", Epoch: 500, Key: "hidden", By: "train.loss", Form: free.Panels},
		"jacobian_quantile[of=softmax,norm=1,q=0.5]@0,lr,alpha,map": {Metric: "jacobian_quantile", Label: "of=softmax,norm=1,q=0.5", Epoch: 0, Key: "lr", By: "alpha", Form: free.Map},
		"test_loss,updates":                                         {Metric: "test_loss", Epoch: free.Final, Key: "updates", Form: free.Curves},
	} {
		if got, err := free.Parse(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}

	for text, want := range map[string]string{
		"": "want METRIC,KEY", "lower_bound": "want METRIC,KEY", ",hidden": "want METRIC,KEY", "a,b,c,map,d": "want METRIC,KEY",
		"a[layer=1,b": "] is missing", "a@x,b": `epoch "x"`, "a@-1,b": `epoch "-1"`, "a,b,c,pie": `form "pie": must be one of [curves panels map]`,
		"a,b,,map": "map need a second key", "a,epoch,b,map": "a map needs two keys", "a@3,epoch": "no single epoch",
	} {
		if _, err := free.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// tenTimes returns runs over width, loss and seed, with values that identify the run.
func tenTimes() (tables []*series.Table) {
	for i, width := range []string{"[2]", "[4]", "[8]"} {
		for j, loss := range []string{"mse", "cross_entropy"} {
			for seed := range uint64(2) {
				t := ended(
					withWidth(
						width,
						"train.loss",
						loss,
						"data.points",
						"100",
						"data.classes",
						"10",
						"model.parameters",
						fmt.Sprint(50*(1<<i)),
					),
					seed,
					map[string]float64{series.TestLoss: float64(10*i + j + 2*int(seed) + 1)},
				)

				t.Add(
					series.Point{
						Epoch: 3,
						Sample: series.Sample{
							Metric: series.LowerBound,
							Label:  "of=softmax",
							Value:  series.Float(i + 1),
							Kind:   series.Lower,
						},
					},
				)

				tables = append(tables, t)
			}
		}
	}

	return tables
}

func drawSweep(t *testing.T, tables []*series.Table, text string) []*figure.Figure {
	t.Helper()
	s, err := free.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	figures, err := free.Figures(tables, s)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return figures
}

func TestAnyMetricAgainstAnyKey(t *testing.T) {
	tables := tenTimes()
	f := drawSweep(t, tables, "test_loss,hidden,train.loss")[0]
	if means := seriesNamed(f, "loss mse"); len(means) != 1 || !slices.Equal(means[0].Rows[2], figure.Row{200, 22}) {
		t.Errorf("means of one loss: %v", means)
	}
	if marks := seriesNamed(f, "interpolation threshold"); len(marks) != 1 || len(marks[0].Marks) != 2 {
		t.Errorf("thresholds of two losses: %v", marks)
	}
	f = drawSweep(t, tables, "test_loss,train.loss")[0] // names are places on the axis, widths families
	if !slices.Equal(f.X.Values, []string{"cross_entropy", "mse"}) || len(seriesNamed(f, "width 4")) != 1 ||
		len(seriesNamed(f, "interpolation threshold")) != 0 {
		t.Errorf("against names: axis %+v, series %v", f.X, f.Series)
	}
	if f.Table != nil {
		t.Error("a power law is fitted over names")
	}
	f = drawSweep(t, tables, "lower_bound[of=softmax]@3,parameters")[0]
	if got := f.Series[len(f.Series)-2].Rows; len(f.Series) < 2 || !slices.Equal(got[0], figure.Row{50, 1}) {
		t.Errorf("a label at an epoch: %v", f.Series)
	}
	tiles := drawSweep(t, tables, "test_loss,hidden,train.loss,map")[0]
	if rows := tiles.Series[0].Rows; len(rows) != 6 || !slices.Equal(rows[1], figure.Row{0, 1, 2}) {
		t.Errorf("tiles %v", rows)
	}
}

func TestPanelsShareTheirAxes(t *testing.T) {
	panels := drawSweep(t, tenTimes(), "test_loss,hidden,train.loss,panels")
	if len(panels) != 2 || panels[0].Panel != "loss cross_entropy" ||
		panels[0].ID != "sweep-test_loss-hidden-train-loss-panels-loss-cross_entropy" {
		t.Fatalf("panels %+v", panels)
	}
	for _, f := range panels {
		if f.Y.Low != 1 || f.Y.High != 24 || f.X.Low != 50 || f.X.High != 1000 { // nK = 1,000 is the last threshold
			t.Errorf("%s: axes %+v, %+v", f.Panel, f.X, f.Y)
		}
	}
}

func TestSweepsThatCannotBeDrawnSayWhy(t *testing.T) {
	var many []*series.Table
	for i := range 20 {
		many = append(
			many,
			ended(
				withWidth("[4]", "a", fmt.Sprint(i), "b.a2", fmt.Sprint(i%2), "c.a2", fmt.Sprint(i%3)),
				1,
				map[string]float64{series.TestLoss: 1},
			),
		)
	}

	for text, want := range map[string]string{
		"loss,a":                  "no run recorded it; recorded: test_loss",
		"test_loss,lr":            "the runs do not differ in it; they differ in a, b.a2, c.a2",
		"test_loss,a2":            "may be any of b.a2, c.a2",
		"test_loss,b,a,panels":    "the runs do not differ",
		"test_loss,b.a2,a,panels": "a has 20 values: at most 16 panels can be read on one page",
		"test_loss@4,a":           "no run recorded it at epoch 4",
		"test_loss,a2,b.a2":       "may be any of b.a2, c.a2",
		"test_loss,b.a2,b.a2":     "key b.a2 is given twice",
	} {
		s, err := free.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = free.Figures(many, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestEvolutionAgainstUpdates(t *testing.T) {
	f := drawSweep(t, []*series.Table{measuredAt("[4]", 1, map[int]float64{1: 2, 4: 4}), measuredAt("[4]", 2, map[int]float64{1: 4, 4: 6})}, "lower_bound,updates")[0]
	if means := seriesNamed(f, "lower bound"); len(means) != 1 || !slices.Equal(means[0].Rows[1], figure.Row{12, 5}) ||
		f.Epochs {
		t.Errorf("means %v", means)
	}
}

// The page must draw what Go draws: the same numbers in the same shapes.
func chooserDrawsWhatGoDraws(p *browsertest.Tab) {
	for choice, text := range map[string]string{
		`{metric: 1, against: "0", by: "1", form: "curves"}`: "train_loss,parameters,data.label_noise",
		`{metric: 1, against: "1", by: "2", form: "panels"}`: "train_loss,data.label_noise,hidden,panels",
		`{metric: 0, against: "2", by: "1", form: "map"}`:    "certified_bound,model.hidden,label_noise,map",
	} {
		panels := drawSweep(p.T, grid(60), text)
		for i, f := range panels {
			got := browsertest.Eval[[]struct {
				Name, Shape string
				Data        [][]float64
			}](p, fmt.Sprintf(`(data => chosenFigures(data, {...%s, epoch: data.epochs.length})[%d].option.series)(JSON.parse(chooser.querySelector("script").textContent))`, choice, i))

			main := func(shape string, quiet bool) bool { return shape != string(figure.Marks) && !quiet }
			var want []figure.Series
			for _, s := range f.Series {
				if main(string(s.Shape), s.Quiet) {
					want = append(want, s)
				}
			}

			var have [][][]float64
			for _, s := range got {
				if s.Name != "single seeds" && s.Shape != string(figure.Band) && s.Shape != string(figure.Marks) {
					have = append(have, s.Data)
				}
			}
			if len(have) != len(want) {
				p.T.Fatalf("%s: %d curves on the page, %d in Go", text, len(have), len(want))
			}
			for k, s := range want {
				slices.SortFunc(have[k], slices.Compare)
				for r, row := range s.Rows {
					for c, v := range row {
						if r >= len(have[k]) || !near(have[k][r][c], v, 2*drawnDigits) {
							p.T.Fatalf("%s, %s: the page draws %v, Go %v", text, s.Name, have[k], s.Rows)
						}
					}
				}
			}
		}
	}
}

// choosing sets one of the chooser's lists.
func choosing(p *browsertest.Tab, list, value string) {
	browsertest.Eval[any](
		p,
		fmt.Sprintf(
			`chooser.querySelector("form").elements[%q].value = %q, chooser.querySelector("form").dispatchEvent(new Event("change"))`,
			list,
			value,
		),
	)
}

func chooserChooses(p *browsertest.Tab) {
	count := func() int { return browsertest.Eval[int](p, `chooser.querySelectorAll("figure").length`) }
	note := func() string { return browsertest.Eval[string](p, `chooser.querySelector(".note").textContent`) }
	before := browsertest.Eval[int](p, `figures.length`)
	if n := count(); n != 1 || !strings.Contains(note(), "Slopes on logarithmic axes: label_noise 0: ") {
		p.T.Errorf("%d figures at first, with the note %q", n, note())
	}
	choosing(p, "form", "panels")
	p.Wait(`figures.every(f => f.size)`)
	if n := count(); n != 3 {
		p.T.Errorf("%d panels, want one for each amount of noise", n)
	}
	if n := browsertest.Eval[int](p, `new Set(figures.filter(f => chooser.contains(f.element)).map(f => JSON.stringify([f.x.extent, f.y.extent]))).size`); n != 1 {
		p.T.Errorf("the panels have %d pairs of axes", n)
	}
	choosing(p, "form", "map")
	if n, tiles := count(), browsertest.Eval[int](p, `figures.at(-1).series[0].data.length`); n != 1 || tiles != 15 {
		p.T.Errorf("%d maps of %d tiles", n, tiles)
	}
	choosing(p, "against", "epoch")
	if n := count(); n != 0 || !strings.Contains(note(), "the epoch is none") {
		p.T.Errorf("%d figures of what cannot be drawn, with the note %q", n, note())
	}
	choosing(p, "form", "curves")
	p.Wait(`figures.every(f => f.size)`)
	if n := browsertest.Eval[int](p, `figures.at(-1).series.filter(s => !s.quiet).length`); n != 3 {
		p.T.Errorf("%d curves over epochs, want 3", n)
	}
	choosing(p, "against", "0")
	if after := browsertest.Eval[int](p, `figures.length`); after != before {
		p.T.Errorf("%d figures after as many choices, %d before", after, before)
	}
}
