package experiments

import (
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Plan describes the work of a sweep: the state of each of its runs, and the tasks that remain.
type Plan struct {
	States []string
	Tasks  []Task
}

// States of a planned run, in addition to the final states of runs that are left alone.
const (
	PlanNew    = "new"
	PlanResume = "to resume"
	PlanRetry  = "to do again"
)

// NewPlan returns the plan for runs, given their state in a store.
func NewPlan(runs []config.Run, store Local, o Options) Plan {
	var p Plan
	for _, run := range runs {
		status, begun, err := store.Status(run)

		// A run is resumed unless it is new, finished or to be repeated.
		state, task := PlanResume, Task{Run: run, From: status.Epochs}
		switch {
		// A run with a damaged status fails on its own turn, and it does not matter where it would
		// begin.
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

// Count returns the number of runs in a state.
func (p Plan) Count(state string) (n int) {
	for _, s := range p.States {
		if s == state {
			n++
		}
	}
	return n
}
