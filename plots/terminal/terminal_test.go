package terminal

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/liptrack/liptrack/tracker/series"
)

// run has bounds that grow with the epoch, a diverging loss and a metric of one layer.
func run(name string, seed uint64) *series.Table {
	t := series.NewTable(series.Header{Experiment: "e", Run: name, Seed: seed, Config: map[string]string{"model.hidden": "[64]", "stop.epochs": "8"}})
	t.State = "diverged"
	for e := range 9 {
		for _, s := range []series.Sample{
			{Metric: series.TrainLoss, Value: series.Float([]float64{1, math.Inf(1)}[e/8]), Kind: series.Exact},
			{Metric: series.LowerBound, Value: series.Float(uint(1) << e), Kind: series.Lower},
			{Metric: series.UpperProduct, Value: series.Float(uint(3) << e), Kind: series.Certified, Warning: []string{"", "doubtful"}[e/8]},
			{Metric: series.SpectralNorm, Label: "layer=1", Value: 2, Kind: series.Exact},
			{Metric: series.JacobianQuantile, Label: "q=0.5", Value: 2, Kind: series.Exact},
		} {
			t.Add(series.Point{Epoch: e, Sample: s})
		}
	}

	return t
}

func shown(t *testing.T, tables []*series.Table, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Show(&b, tables, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOneRun(t *testing.T) {
	out := shown(t, []*series.Table{run("r", 1)}, Options{Width: 90, Unicode: true})
	for _, want := range []string{
		"e / r\n", "It diverged: from epoch 8",
		"lower bound             lower      1      256  ×256    ▂▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▃▄▄▄▄▅▅▅▆▆▆▇▇▇██\n",
		"product of norms (?)    certified  3      768  ×256",
		"spectral norm, layer 1  exact      2      2    ×1.00",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "quantile") {
		t.Errorf("mentions quantiles:\n%s", out)
	}
}

func TestSeveralRunsHaveALineEach(t *testing.T) {
	out := shown(t, []*series.Table{run("b", 2), run("a", 1)}, Options{})
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if n := len(lines); !strings.HasPrefix(lines[n-3], "run  epochs  status") || !strings.HasPrefix(lines[n-2], "a    8       diverged") ||
		!strings.HasPrefix(lines[n-1], "b ") || !strings.Contains(lines[n-1], "x3.00") {
		t.Errorf("shown:\n%s", out)
	}
	if shown(t, nil, Options{}) != "" {
		t.Error("something is shown of nothing")
	}
}

// TestRegressionsShowTheirErrors checks that the errors of every target are shown, for one run and
// for several.
func TestRegressionsShowTheirErrors(t *testing.T) {
	for _, c := range []struct{ label, column, row string }{
		{"", "test MSE", "test mean square error"},
		{"target=price", "test MSE price", "test mean square error, target=price"},
	} {
		var tables []*series.Table
		for i := range 2 {
			table := run(fmt.Sprint("r", i), uint64(i))
			table.Header.Config["data.task"] = "regression"
			for metric, v := range map[string]series.Float{series.TestMSE: 400, series.TestR2: 0.75} {
				table.Add(series.Point{Epoch: 8, Sample: series.Sample{Metric: metric, Label: c.label, Value: v, Kind: series.Exact}})
			}
			tables = append(tables, table)
		}

		one, several := shown(t, tables[:1], Options{Unicode: true}), shown(t, tables, Options{Width: 80, Unicode: true})
		if !strings.Contains(one, c.row+" ") || !strings.Contains(several, c.column+" ") || !strings.Contains(several, "  400  ") {
			t.Errorf("shown of targets labelled %q:\n%s\n%s", c.label, one, several)
		}
	}
}

// TestWidthIsKept checks that paragraphs and rows keep to every width that fits the columns.
func TestWidthIsKept(t *testing.T) {
	for _, tables := range [][]*series.Table{{run("r", 1)}, {run("a", 1), run("b", 2)}} {
		for width := 60; width < 160; width++ {
			for line := range strings.Lines(shown(t, tables, Options{Width: width, Unicode: true})) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Fatalf("%d columns at a width of %d: %s", n, width, line)
				}
			}
		}
	}
}

func TestPlainTerminalGetsASCII(t *testing.T) {
	r := run("r", 1)
	r.Header.Config["model.activation"] = "φ ‖∇L‖₂ ∈ 3×10⁻⁵"
	out := shown(t, []*series.Table{r}, Options{Width: 120})
	for _, c := range out {
		if c >= 0x80 {
			t.Fatalf("%q in\n%s", c, out)
		}
	}
	if want := "phi |grad L|2 ? 3x10^-5"; !strings.Contains(out, want) {
		t.Errorf("lacks %q:\n%s", want, out)
	}
}

func TestNamesCannotControlTheTerminal(t *testing.T) {
	out := shown(t, []*series.Table{run("\x1b[2Ja\tb\r\nc\u009b31m", 1)}, Options{Unicode: true})
	if !strings.Contains(out, "e / ?[2Ja?b??c?31m\n") {
		t.Errorf("%q", out)
	}
	if bold := shown(t, []*series.Table{run("r", 1)}, Options{Styled: true}); !strings.HasPrefix(bold, "\x1b[1me / r\x1b[0m\n") {
		t.Errorf("%q", bold)
	}
}

func TestSparkline(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct {
		epochs []int
		values []float64
		want   string
	}{
		{[]int{1, 2, 4, 8}, []float64{1, 10, 100, 1000}, "_-*#"},                         // a power of the epoch is straight
		{[]int{1, 2, 4, 8}, []float64{-3, -2, -1, 0}, "_-*#"},                            // not positive: linear
		{[]int{1, 2, 4, 8}, []float64{5, 5, 5, 5}, "++++"},                               // constant
		{[]int{1, 2, 4, 8}, []float64{1, math.NaN(), inf, 2}, "_  #"},                    // gaps
		{[]int{1, 2, 4, 8}, []float64{-1e308, 0, 0, 1e308}, "_++#"},                      // the span is no float64
		{[]int{1, 2, 4, 8}, []float64{2.5, 2.5, 2.5, math.Nextafter(2.5, 3)}, "___#"},    // one unit in the last place
		{[]int{1, 2, 4, 8}, []float64{math.SmallestNonzeroFloat64, 1, 1, 1e308}, "_==#"}, // 632 decades
		{[]int{4, 8}, []float64{1, 2}, "  _#"},                                           // nothing yet
		{[]int{0, 8}, []float64{1, 2}, "___#"},                                           // the last value up to each place
		{[]int{0}, []float64{1}, "++++"},                                                 // initialisation only
		{[]int{1, 8}, []float64{inf, inf}, ""},                                           // nothing at all
		{nil, nil, ""},
	} {
		c := &series.Curve{Epochs: test.epochs, Values: test.values}
		if got := strings.TrimRight(sparkline(c, 4, false), " "); got != strings.TrimRight(test.want, " ") {
			t.Errorf("%v over %v: %q, want %q", fmt.Sprint(test.values), test.epochs, got, test.want)
		}
	}

	if got := sparkline(nil, 4, true); got != "" {
		t.Errorf("of no curve: %q", got)
	}
}

// TestSetsTellWhatDiffers checks that there is a column for each key that differs, that the least
// important ones are dropped first, and that there is none for values that nobody measured.
func TestSetsTellWhatDiffers(t *testing.T) {
	a, b := run("a", 1), run("b", 1)
	a.Header.Config["train.optimizer.lr"], b.Header.Config["train.optimizer.lr"] = "0.1", "0.01"
	b.State = "completed"
	for _, table := range []*series.Table{a, b} {
		table.Add(series.Point{Epoch: 8, Sample: series.Sample{Metric: series.TestAccuracy, Value: 0.875, Kind: series.Exact}})
	}

	wide := strings.Split(shown(t, []*series.Table{a, b}, Options{Width: 200, Unicode: true}), "\n")
	head, first := strings.Fields(wide[len(wide)-4]), strings.Fields(wide[len(wide)-3])
	if got := strings.Join(head, " "); got != "run lr epochs status loss test accuracy lower upper gap lower over log epoch" {
		t.Errorf("columns %s", got)
	}
	if got := strings.Join(first[:6], " "); got != "b 0.01 8 completed +∞ 0.8750" {
		t.Errorf("row %s", got)
	}
	narrow := shown(t, []*series.Table{a, b}, Options{Width: 52})
	if strings.Contains(narrow, "epochs  ") || !strings.Contains(narrow, "run  lr    status") {
		t.Errorf("narrow:\n%s", narrow)
	}

	styled := shown(t, []*series.Table{a, b}, Options{Width: 200, Styled: true})
	if !strings.Contains(styled, "\x1b[31mdiverged ") || !strings.Contains(styled, "\x1b[32mcompleted") {
		t.Errorf("styled %q", styled)
	}
}
