// Package plots draws series. It has the table of charts, [RunFigures] for one run and [SetFigures]
// for a set, and the pages [RunPage], [SetPage] and [FolderPage]. It sees only series and the
// packages below it: figure (what a chart is made of), page (the HTML around charts), runset (how
// runs differ) and free (charts that a reader chooses).
//
// Where something new goes: a chart is a function in its own file and one line in the tables of
// charts.go. A metric that no chart knows is drawn by [rest] without either.
package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// An Entry is a run on the page of a set.
type Entry struct {
	Table *series.Table
	// Link is the address of the run's own page, relative to the set's page; empty for none.
	Link string
}

// RunPage returns the page of one run.
func RunPage(t *series.Table) *page.Page {
	figures, missing := runFigures(t)
	return &page.Page{
		Kind:    "one run",
		Title:   figure.NameOf(t),
		Ended:   hasEnded([]*series.Table{t}),
		Summary: runSummary(t),
		Tiles:   runTiles(t),
		Figures: figures,
		Missing: missing,
		Clock:   clockOf(t),
		Tables:  append(warningTable(t), factTables(t)...),
	}
}

// SetPage returns the page of one or more runs and of the ensembles made of them. Ensembles with
// other members are ignored.
func SetPage(title string, runs []Entry, ensembles ...*series.Table) *page.Page {
	var tables []*series.Table
	links := map[*series.Table]string{}
	for _, r := range runs {
		tables = append(tables, r.Table)
		links[r.Table] = r.Link
	}

	tables = runset.Ordered(tables)
	figures, missing := setFigures(tables, ensembles)
	below := append([]figure.Table{runTable(tables, links)}, differenceTable(tables)...)
	return &page.Page{
		Kind:     "a set of runs",
		Title:    title,
		Ended:    hasEnded(tables),
		Summary:  setSummary(tables),
		Tiles:    setTiles(tables, links),
		Figures:  figures,
		Missing:  missing,
		Tables:   append(below, sharedFacts(tables)...),
		Colours:  colours(tables),
		Explorer: free.Explore(tables),
	}
}

// RunFigures returns the charts of one run in the order of its page.
func RunFigures(t *series.Table) []*figure.Figure {
	figures, _ := runFigures(t)
	return figures
}

// SetFigures returns the charts of one or more runs and of the ensembles made of them, in the order
// of the set's page.
func SetFigures(tables []*series.Table, ensembles ...*series.Table) []*figure.Figure {
	figures, _ := setFigures(runset.Ordered(tables), ensembles)
	return figures
}

func setFigures(tables, ensembles []*series.Table) ([]*figure.Figure, []page.Missing) {
	figures, absent := drawAll(setCharts, tables)
	more, without := drawEnsembles(ensembles, tables)
	return append(figures, more...), append(absent, without...)
}

func runFigures(t *series.Table) ([]*figure.Figure, []page.Missing) {
	figures, missing := drawAll(runCharts, []*series.Table{t})
	figures = append(figures, jacobianVariants(t)...)
	figures = append(figures, rest(t, figures)...)

	figures, constant := setConstantAside(t, figures)
	return figures, append(constant, missing...)
}
