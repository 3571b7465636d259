package plots

import (
	"time"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
)

// A Folder is an experiment in a list of them.
type Folder struct {
	Name string
	// Link is the address of the experiment's page.
	Link string
	Runs int
	// States says how many of the runs are in which state.
	States string
	// Changed is when something was last recorded.
	Changed time.Time
}

// FolderPage returns the page that lists experiments.
func FolderPage(title string, folders []Folder) *page.Page {
	tab := figure.Table{
		ID:     "folders",
		Title:  "Experiments",
		Size:   figure.Full,
		Browse: true,
		Head:   []string{"Experiment", "Runs", "State", "Last recorded"},
	}

	runs := 0
	for _, f := range folders {
		name := figure.Text(f.Name)
		name.Link = f.Link
		tab.Rows = append(
			tab.Rows,
			[]figure.Cell{
				name,
				figure.Count(f.Runs),
				figure.Text(f.States),
				figure.Text(f.Changed.Format(time.DateTime)),
			},
		)
		runs += f.Runs
	}

	summary := "No run has been recorded here yet; this page follows."
	if runs > 0 {
		summary = figure.Plural(runs, "run") + " of " + figure.Plural(len(folders), "experiment") + "."
	}

	return &page.Page{
		Kind:    "a folder of experiments",
		Title:   title,
		Summary: []string{summary},
		Tables:  []figure.Table{tab},
	}
}
