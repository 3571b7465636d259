// Package terminal shows series without a browser: tables of numbers with small curves made of
// characters. Its sentences about runs come from package plots.
package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Options describe the terminal. The zero value works on any.
type Options struct {
	// Width in columns; 0 means 80. Columns that do not fit are left out.
	Width int
	// Unicode allows characters beyond ASCII.
	Unicode bool
	// Styled allows the escape sequences for bold headings and coloured states.
	Styled bool
}

const defaultWidth = 80

// Show prints the measurements of a single run, or a line for each of several. Without runs it
// prints nothing.
func Show(w io.Writer, tables []*series.Table, o Options) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}

	var p page
	switch len(tables) {
	case 0:
		return nil
	case 1:
		p = runPage(tables[0])
	default:
		p = setPage(tables)
	}

	text := p.layOut(o)
	if !o.Unicode {
		text = ascii(text)
	}

	_, err := io.WriteString(w, text)

	return err
}

// runPage returns a page with a row for each metric of the whole network, of each layer and of each
// target.
func runPage(t *series.Table) page {
	d := plots.DigestOf(t)
	metric, kind, start := column{head: "metric"}, column{head: "kind", spare: 1}, column{head: "start", spare: 2}
	end, growth := column{head: "end"}, column{head: "growth"}

	var curves []*series.Curve
	for _, c := range d.Curves {
		isShown := c.Label == "" || strings.HasPrefix(c.Label, "layer=") || strings.HasPrefix(c.Label, target)
		if !isShown {
			continue
		}

		name := c.Name
		if c.Doubtful > 0 {
			name += " (?)"
		}

		metric.addCell(name)
		kind.addCell(string(c.Kind))
		start.addCell(figure.FormatNumber(float64(c.First)))
		end.addCell(figure.FormatNumber(float64(c.Last)))
		growth.addCell(figure.FormatFactor(c.Growth()))
		curves = append(curves, c.Curve)
	}

	return page{
		heading:    fmt.Sprintf("%s / %s", d.Experiment, d.Run),
		paragraphs: plots.Sentences([]*series.Table{t}),
		columns:    []column{metric, kind, start, end, growth},
		curveHead:  "over log epoch",
		curves:     curves,
	}
}

// setPage returns a page with a row for each run and columns for the keys in which they differ.
func setPage(tables []*series.Table) page {
	ordered := runset.Ordered(tables)
	experiment := columnOf("experiment", 2, ordered, func(t *series.Table) string {
		return t.Header.Experiment
	})
	heading, columns := experiment.cells[0], []column{}
	several := slices.Compact(slices.Sorted(slices.Values(experiment.cells)))
	if len(several) > 1 {
		heading = fmt.Sprintf("%d experiments", len(several))
		columns = append(columns, experiment)
	}

	columns = append(columns, columnOf("run", 0, ordered, func(t *series.Table) string {
		return t.Header.Run
	}))
	for _, key := range query.VaryingKeys(tables) {
		columns = append(columns, columnOf(runset.KeyName(key), 2, ordered, func(t *series.Table) string {
			return runset.KeyValue(t, key)
		}))
	}

	// The loss of a regression is for standardised targets and says less than errors in their
	// units.
	lossSpare := 3
	if !slices.ContainsFunc(tables, classifies) {
		lossSpare = 5
	}

	epochsOf := func(t *series.Table) string {
		return figure.FormatInt(query.LastEpoch(t))
	}
	statusOf := func(t *series.Table) string {
		return plots.DigestOf(t).Status
	}

	columns = append(columns,
		columnOf("epochs", 6, ordered, epochsOf),
		columnOf("status", 1, ordered, statusOf).coloured(colourOfState),
		lastColumn("loss", 7, ordered, series.TrainLoss),
		lastColumn("test loss", lossSpare, ordered, series.TestLoss),
	)
	columns = append(columns, meritColumns(ordered)...)
	columns = append(
		columns,
		lastColumn("lower", 0, ordered, series.LowerBound),
		columnOf("upper", 0, ordered, func(t *series.Table) string {
			return lastCell(query.BestCertified(t))
		}),
		columnOf("gap", 5, ordered, func(t *series.Table) string {
			return figure.FormatFactor(query.Gap(t))
		}),
	)

	var curves []*series.Curve
	for _, t := range ordered {
		curves = append(curves, t.Curve(series.LowerBound, ""))
	}

	return page{
		heading:    heading,
		paragraphs: plots.Sentences(tables),
		columns:    columns,
		curveHead:  "lower over log epoch",
		curves:     curves,
	}
}

// lastColumn returns a column with the last value of a metric for each run.
func lastColumn(head string, spare int, tables []*series.Table, metric string) column {
	return columnOf(head, spare, tables, func(t *series.Table) string {
		return lastCell(t.Curve(metric, ""))
	})
}

// meritColumns returns the accuracies if there are classifiers and the R² if there are regressions.
func meritColumns(tables []*series.Table) []column {
	var columns []column
	if slices.ContainsFunc(tables, classifies) {
		columns = append(columns,
			lastColumn("accuracy", 8, tables, series.TrainAccuracy),
			lastColumn("test accuracy", 4, tables, series.TestAccuracy))
	}

	if slices.ContainsFunc(tables, runset.IsRegression) {
		columns = append(columns, squareErrorColumns(tables)...)
		columns = append(columns,
			lastColumn("R²", 8, tables, series.TrainR2),
			lastColumn("test R²", 2, tables, series.TestR2))
	}

	return columns
}

// target is the prefix of a label that names one target of a regression.
const target = "target="

// squareErrorColumns returns the mean square errors at the test points, each in the square of its
// target's unit.
func squareErrorColumns(tables []*series.Table) []column {
	var columns []column
	for _, label := range runset.Labels(tables, series.TestMSE) {
		head := strings.TrimSpace("test MSE " + strings.TrimPrefix(label, target))
		columns = append(columns, columnOf(head, 3, tables, func(t *series.Table) string {
			return lastCell(t.Curve(series.TestMSE, label))
		}))
	}

	return columns
}

func classifies(t *series.Table) bool {
	return !runset.IsRegression(t)
}

// lastCell returns the last value of a curve, or a dash if nothing was measured.
func lastCell(c *series.Curve) string {
	v, _, ok := c.Last()
	if !ok {
		return missing
	}
	return figure.FormatNumber(v)
}

// colourOfState returns the colour of a state: red if something went wrong, yellow if the run has
// not ended, else green. The word carries the meaning without colour.
func colourOfState(state string) colour {
	switch state {
	case "failed", "diverged", "damaged":
		return red
	case "running", "cancelled", "abandoned", "unknown":
		return yellow
	}
	return green
}
