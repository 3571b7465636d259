package plots

import (
	"slices"
	"time"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// A Folder is one experiment in the list on a folder's page.
type Folder struct {
	Name string
	// Link is the address of the experiment's page.
	Link string
	Runs int
	// States counts the runs in each state. Failed reports whether any has failed, Running whether
	// any is in progress.
	States          string
	Failed, Running bool
	// Progress says how far the runs are. TestLoss, Lower and Upper are the ranges of their last
	// values. [Folder.Measure] sets all four; they are empty until then.
	Progress, TestLoss, Lower, Upper string
	// Changed is when something was last recorded.
	Changed time.Time
}

// Measure sets the progress of the experiment's runs and the ranges of their last values.
func (f *Folder) Measure(tables []*series.Table) {
	f.Progress = progressOfAll(tables)
	f.TestLoss = rangeOf(tables, runset.LastOf(series.TestLoss))
	f.Lower = rangeOf(tables, runset.LastOf(series.LowerBound))
	f.Upper = rangeOf(tables, runset.LastCertified)
}

// rangeOf returns the smallest and the largest value of a measure over runs as text, or "" if no
// run has one.
func rangeOf(tables []*series.Table, measure func(*series.Table) float64) string {
	values := runset.FiniteValues(tables, measure)
	if len(values) == 0 {
		return ""
	}

	low, high := figure.FormatNumber(slices.Min(values)), figure.FormatNumber(slices.Max(values))
	if low == high {
		return low
	}
	return low + " to " + high
}

// FolderPage returns the page that lists experiments.
func FolderPage(title string, folders []Folder) *page.Page {
	tab := figure.NewTable("folders", "Experiments",
		"Experiment", "Runs", "State", "Progress", "Test loss", "Lower bound", "Certified bound", "Last recorded")
	tab.Browse = true

	runs, running := 0, false
	for _, f := range folders {
		running = running || f.Running
		name, state := figure.Text(f.Name), figure.Text(f.States)
		name.Link = f.Link
		if f.Failed {
			state.Class = "fail"
		}

		tab.AddRow(
			name, f.Runs, state, f.Progress, f.TestLoss,
			f.Lower, f.Upper, f.Changed.Format(time.DateTime),
		)
		runs += f.Runs
	}

	summary := "No run has been recorded here yet. This page updates when one is."
	if runs > 0 {
		summary = figure.Plural(runs, "run") + " of " + figure.Plural(len(folders), "experiment") + "."
	}

	return &page.Page{
		Kind:    "a folder of experiments",
		Ended:   runs > 0 && !running,
		Title:   title,
		Summary: []string{summary},
		Tables:  []figure.Table{tab},
	}
}
