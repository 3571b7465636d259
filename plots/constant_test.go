package plots

import (
	"testing"

	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestConstantsShareALine has a constant learning rate and a gradient norm that changes.
func TestConstantsShareALine(t *testing.T) {
	table := curveOf(series.LearningRate, series.Exact, 0.1, 0.1, 0.1)
	addCurve(table, series.GradNorm, series.Exact, 3, 2, 1)
	hasChart := func(id string) bool {
		for _, f := range RunPage(table).Figures {
			if f.ID == id {
				return true
			}
		}
		return false
	}

	if !hasChart("learning-rate") || !hasChart("grad-norm") {
		t.Error("a run that has not ended lacks a chart")
	}
	table.State = "completed"
	if hasChart("learning-rate") || !hasChart("grad-norm") {
		t.Error("of a run that has ended a constant is drawn, or what is none is not")
	}
	for _, m := range RunPage(table).Missing {
		if m.Title == "Learning rate" && m.Reason == "stayed at 0.1 throughout" {
			return
		}
	}
	t.Errorf("nothing is said of the constant: %+v", RunPage(table).Missing)
}

// TestSetsSayWhichSettingIsBest has accuracies, and one learning rate with the smallest test loss.
func TestSetsSayWhichSettingIsBest(t *testing.T) {
	var tables []*series.Table
	for lr, loss := range map[string]float64{"0.1": 1, "0.01": 3} {
		for seed := range uint64(2) {
			table := ended(map[string]string{"train.optimizer.lr": lr}, seed, map[string]float64{
				series.TestLoss: loss + float64(seed), series.LowerBound: 10 / loss, series.TestAccuracy: 1 / loss,
			})
			tables = append(tables, table)
		}
	}
	summary := setSummary(runset.Ordered(tables))
	const want = "Means over seeds: the test loss is least with lr 0.1 (1.500) and greatest with lr 0.01 (3.500); " +
		"the lower bound is least with lr 0.01 (3.333) and greatest with lr 0.1 (10)."
	if len(summary) < 2 || summary[1] != want {
		t.Errorf("summary %q, want %q", summary, want)
	}

	tab := runTable(tables, nil)
	if head := tab.Head[len(tab.Head)-1]; head != "Test accuracy" {
		t.Errorf("the last column is %s", head)
	}
}
