// Package export makes tables of what runs recorded, for spreadsheets, data frames and
// TensorBoard: one row per run, statistics over seeds, all time series. It sees nothing but series
// and the files beside them, and holds one run at a time.
package export

import (
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

// A Run is what a run recorded.
type Run struct {
	Table *series.Table
	// State is what the run's folder says of it, empty where it says nothing, and Why the reason for
	// which it failed.
	State, Why string
	// Stop is the epoch that the run came to.
	Stop int

	record rundir.Record
}

// FromRecord returns what a run recorded.
func FromRecord(r rundir.Record) Run {
	return Run{
		Table: r.Table, State: string(r.Status.State), Why: r.Status.Error,
		Stop: max(lastEpoch(r.Table), r.Status.Epochs), record: r,
	}
}

// lastEpoch is the last with any value, 0 where there is none.
func lastEpoch(t *series.Table) int {
	last := 0
	for c := range curves(t) {
		if _, epoch, ok := c.Last(); ok {
			last = max(last, epoch)
		}
	}
	return last
}

// curves yields the curves of a table: metrics in the order in which they first appeared, labels in
// natural order.
func curves(t *series.Table) func(yield func(*series.Curve) bool) {
	return func(yield func(*series.Curve) bool) {
		for _, metric := range t.Metrics() {
			for _, label := range t.Labels(metric) {
				if !yield(t.Curve(metric, label)) {
					return
				}
			}
		}
	}
}
