// Package export makes tables of what runs recorded, for spreadsheets, data frames and
// TensorBoard: one row per run, statistics over seeds, all time series. It sees nothing but series
// and the files beside them, and holds one run at a time.
package export

import (
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Run is what a run recorded.
type Run struct {
	Table *series.Table
	// State is what the run's folder says of it, empty where it says nothing, and Why the reason
	// for which it failed.
	State, Why string
	// Stop is the epoch that the run came to.
	Stop int

	record rundir.Record
}

// FromRecord returns what a run recorded.
func FromRecord(r rundir.Record) Run {
	return Run{
		Table:  r.Table,
		State:  string(r.Status.State),
		Why:    r.Status.Error,
		Stop:   max(query.LastEpoch(r.Table), r.Status.Epochs),
		record: r,
	}
}
