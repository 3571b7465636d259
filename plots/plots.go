// Package plots draws series as self-contained HTML pages: [Run] one run, [Compare] a set of
// runs. It sees nothing but package series, and is the only importer of go-echarts, which
// builds the options of every chart; the page around them, the styles and the script that
// shows them are in assets/, embedded beside echarts itself.
//
// A page makes no request to any host, and the same series give the same bytes. It weighs
// what echarts weighs (1.03 MB) and some 15 bytes for each drawn point.
//
// Where something new goes: a chart is a function in a file of its own and one line in the
// tables of charts.go; a metric that no chart knows of is drawn by [rest] without either.
package plots

import (
	"fmt"
	"io"

	"liptrack/tracker/series"
)

// Run writes the page of one run: what happened in a sentence, its bounds, losses, layers and
// Jacobian norms over epochs, every warning, and the facts in its header. Charts whose
// metrics the run did not record are named in a list rather than drawn empty.
func Run(w io.Writer, t *series.Table) error {
	figures, missing := drawAll(runCharts, []*series.Table{t})
	figures = append(figures, jacobianVariants(t)...)
	figures = append(figures, rest(t, figures)...)
	p := &page{
		Kind:    "run",
		Title:   nameOf(t),
		Summary: runSummary(t),
		Tiles:   runTiles(t),
		Figures: figures,
		Missing: missing,
		Tables:  append(warningTable(t), factTables(t)...),
	}
	if err := p.write(w); err != nil {
		return fmt.Errorf("writing the page of run %s: %w", t.Header.Run, err)
	}
	return nil
}

// Compare writes the page of a set of runs under the given title: final bounds and losses
// against width where the runs differ in it, every run over epochs, and a table of runs. It
// draws fewer points a curve the more runs there are, so that several hundred stay usable.
// Without tables it is an error.
func Compare(w io.Writer, title string, tables []*series.Table) error {
	if len(tables) == 0 {
		return fmt.Errorf("writing the page of %s: no runs to compare", title)
	}
	tables = ordered(tables)
	figures, missing := drawAll(setCharts, tables)
	p := &page{
		Kind:    "set",
		Title:   title,
		Summary: setSummary(tables),
		Tiles:   setTiles(tables),
		Figures: figures,
		Missing: missing,
		Tables:  append([]table{runTable(tables)}, sharedFacts(tables)...),
	}
	if err := p.write(w); err != nil {
		return fmt.Errorf("writing the page of %s: %w", title, err)
	}
	return nil
}
