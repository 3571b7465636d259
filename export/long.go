package export

import (
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// SeriesColumns are the columns of the long table of all time series, which has one row per value.
// The id is the hash of the run's configuration; the step is the number of updates made before the
// measurement.
var SeriesColumns = []Column{
	{"experiment", Text}, {"run", Text}, {"id", Text}, {"epoch", Integer}, {"step", Integer},
	{"metric", Text}, {"label", Text}, {"value", Number}, {"kind", Text}, {"warning", Text},
}

// WriteSeries writes all series of a run, epoch by epoch: metrics in the order of their first
// measurement, labels in natural order.
func WriteSeries(w RowWriter, r rundir.Record, naming Naming) error {
	h := r.Table.Header
	name := naming(r.Table)
	row := []Cell{
		0: textCell(h.Experiment),
		1: textCell(h.Run),
		2: textCell(h.ConfigHash),
		9: {},
	}
	// The row is reused, since writers copy what they keep.
	for c := range query.Curves(r.Table) {
		metric, label := name(c.Metric, c.Label)
		row[5], row[6], row[8] = textCell(metric), textCell(label), textCell(string(c.Kind))
		for i, v := range c.Values {
			row[3], row[4], row[7], row[9] = integerCell(c.Epochs[i]), integerCell(c.Steps[i]), numberCell(v), Cell{}
			warning := c.Warnings[i]
			if warning != "" {
				row[9] = textCell(warning)
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
	}

	return nil
}
