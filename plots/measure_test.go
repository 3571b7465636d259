package plots

import (
	"cmp"
	"math"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// curveOf returns a table with one curve over epochs 0, 1, 2, …
func curveOf(metric string, kind series.Kind, values ...float64) *series.Table {
	t := series.NewTable(series.Header{Config: map[string]string{}})
	addCurve(t, metric, kind, values...)
	return t
}

func addCurve(t *series.Table, metric string, kind series.Kind, values ...float64) {
	for e, v := range values {
		t.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: metric, Value: series.Float(v), Kind: kind}})
	}
}

// TestStatusIsToldNotGuessed has runs whose series suggest another state than their folders record.
func TestStatusIsToldNotGuessed(t *testing.T) {
	table := curveOf(series.TrainLoss, series.Exact, 3, 2, 1)
	table.Header.Config = map[string]string{"stop.epochs": "2", "stop.train_loss": "1.5", runset.KeyGiveUpLoss: "0.5"}
	for state, want := range map[string]string{
		"": "", "completed": "", "cancelled": "It was interrupted", "running": "It is still in progress",
		"converged": "It reached its target",
		"gave_up":   "It was given up: its training loss was still above 0.5.",
		"failed":    "It failed: no data.", "diverged": "It diverged: its loss",
	} {
		table.State = state
		table.Why = map[string]string{"failed": "no data"}[state]
		summary := runSummary(table)[0]
		if got := strings.TrimSpace(summary[strings.Index(summary, "epochs.")+len("epochs."):]); want == "" &&
			got != "" ||
			!strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %q", state, summary, want)
		}
		if got, want := DigestOf(table).Status, cmp.Or(state, "unknown"); got != want {
			t.Errorf("status %s, want %s", got, want)
		}
	}

	if epoch, ok := runset.Diverged(curveOf(series.TrainLoss, series.Exact, 1, math.NaN(), 2, math.NaN(), math.NaN())); !ok ||
		epoch != 3 {
		t.Errorf("diverged at %d, %v, want the last gap, epoch 3", epoch, ok)
	}
}

// TestFailedRunsAreInTheirSet checks that failed runs are listed though they measured nothing, and
// that keys which only measured runs have do not count as differences.
func TestFailedRunsAreInTheirSet(t *testing.T) {
	var runs []Entry
	for _, width := range []string{"[4]", "[8]"} {
		table := curveOf(series.TrainLoss, series.Exact, 3, 2, 1)
		table.Header.Run = width
		table.Header.Config = map[string]string{runset.KeyHidden: width, runset.KeyPoints: "100"}
		runs = append(runs, Entry{Table: table})
	}
	failed := series.NewTable(series.Header{Run: "r16", Config: map[string]string{runset.KeyHidden: "[16]"}})
	failed.State, failed.Why = "failed", "no such data"
	runs = append(runs, Entry{Table: failed})

	page := SetPage("e", runs)
	summary := strings.Join(page.Summary, " ")
	if !strings.Contains(summary, "3 runs that differ in model.hidden:") ||
		!strings.Contains(summary, "r16: It failed: no such data.") {
		t.Errorf("summary %q", summary)
	}
	var out strings.Builder
	if err := page.Write(&out); err != nil || !strings.Contains(out.String(), "r16") {
		t.Errorf("the failed run is not on the page, error %v", err)
	}
}

func TestWarningsAreGathered(t *testing.T) {
	table := curveOf(series.LowerBound, series.Lower, 1, 2)
	for e, why := range []string{2: "a", 3: "b", 4: "a"} {
		if why != "" {
			table.Add(
				series.Point{
					Epoch:  e,
					Sample: series.Sample{Metric: series.LowerBound, Value: 1, Kind: series.Lower, Warning: why},
				},
			)
		}
	}

	rows := warningTable(table)[0].Rows
	if len(rows) != 2 || rows[0][1].Text != "a" || rows[0][2].Text != "2 of 5" || rows[0][3].Text != "2" ||
		rows[0][4].Text != "4" ||
		rows[1][1].Text != "b" {
		t.Errorf("rows %+v", rows)
	}

	if tables := warningTable(curveOf("m", series.Exact, 1)); tables != nil {
		t.Errorf("warnings of a sound run: %+v", tables)
	}
}
