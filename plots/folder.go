package plots

import "time"

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
func FolderPage(title string, folders []Folder) *Page {
	tab := table{
		ID:     "folders",
		Title:  "Experiments",
		Size:   full,
		Browse: true,
		Head:   []string{"Experiment", "Runs", "State", "Last recorded"},
	}

	runs := 0
	for _, f := range folders {
		name := text(f.Name)
		name.Link = f.Link
		tab.Rows = append(tab.Rows, []cell{name, count(f.Runs), text(f.States), text(f.Changed.Format(time.DateTime))})
		runs += f.Runs
	}

	summary := "No run has been recorded here yet; this page follows."
	if runs > 0 {
		summary = plural(runs, "run") + " of " + plural(len(folders), "experiment") + "."
	}

	return &Page{Kind: "a folder of experiments", Title: title, Summary: []string{summary}, Tables: []table{tab}}
}
