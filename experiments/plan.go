package experiments

import (
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Plan is what a sweep will do: the state of each of its runs, and those that are to be done.
type Plan struct {
	States []string
	Tasks  []Task
}

// States of a planned run, beside the endings that are left as they are.
const (
	PlanNew    = "new"
	PlanResume = "to resume"
	PlanRetry  = "to do again"
)

// NewPlan looks at what a store has of the runs.
func NewPlan(runs []config.Run, store Local, o Options) Plan {
	var p Plan
	for _, run := range runs {
		status, begun, err := store.Status(run)

		// A run is resumed unless it is new, to be retried, or done.
		state, task := PlanResume, Task{Run: run, From: status.Epochs}
		switch {
		// A damaged status costs its run, which says so when its turn comes; it does not matter
		// where the run begins anew.
		case err != nil && !o.Overwrite:
			p.States = append(p.States, string(rundir.Damaged))
			continue
		case !begun || o.Overwrite:
			state, task.From = PlanNew, 0
		case o.doesAgain(status):
			state, task.From = PlanRetry, 0
		case status.Ended():
			p.States = append(p.States, string(status.State))
			continue
		}

		p.States = append(p.States, state)
		p.Tasks = append(p.Tasks, task)
	}

	return p
}

// Count returns how many of the runs are in a state.
func (p Plan) Count(state string) (n int) {
	for _, s := range p.States {
		if s == state {
			n++
		}
	}
	return n
}
