package cluster

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// Counts returns the number of runs and the number in each state, as "3 runs, 2 completed, 1 new".
func (s Status) Counts() string {
	text := fmt.Sprintf("%d runs", s.Runs)
	if s.Runs == 1 {
		text = "1 run"
	}

	for _, state := range rundir.States {
		if n := s.States[state]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, state)
		}
	}

	if s.New > 0 {
		text += fmt.Sprintf(", %d new", s.New)
	}

	return text
}

// TimeLeft returns SecondsLeft rounded to whole seconds, or 0 if there is no estimate.
func (s Status) TimeLeft() time.Duration {
	if s.SecondsLeft == nil {
		return 0
	}
	return time.Duration(*s.SecondsLeft * float64(time.Second)).Round(time.Second)
}

// shownLines is the largest number of failures, and of runs in progress, that are printed.
const shownLines = 20

// Text prints the status for people to read.
func (s Status) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, s.Counts())
	if s.SecondsLeft != nil {
		fmt.Fprintf(w, "about %v left, with %d runs at a time\n", s.TimeLeft(), len(s.Running))
	}

	for _, shard := range s.Shards {
		fmt.Fprintf(
			w,
			"shard %d/%d\t%s\t%s\t",
			shard.Index,
			shard.Count,
			shard.Experiment,
			shard.State,
		)
		fmt.Fprintf(
			w,
			"%d of %d ended\t%d failed\t%s\n",
			shard.Ended,
			shard.Runs,
			shard.Failed,
			shard.Worker.Place(),
		)
		printLast(w, shard.LastLines)
	}

	for _, worker := range s.Workers {
		fmt.Fprintf(w, "worker\t%s\t%d running\t", worker.Place(), worker.Running)
		fmt.Fprintf(w, "%d ended\t%d failed\tlast heard at %s",
			worker.Ended, worker.Failed, worker.Heard.Local().Format(time.TimeOnly))
		if worker.Silent {
			fmt.Fprint(w, ", silent since then")
		}
		fmt.Fprintln(w)
	}

	// Only --json and the page list thousands of runs. Here they would push the failures out of
	// sight.
	for i, run := range s.Running {
		if i == shownLines {
			fmt.Fprintf(w, "and %d more running\n", len(s.Running)-i)
			break
		}

		fmt.Fprintf(w, "running\t%s/%s\t%s\n", run.Experiment, run.Run, run.Worker.Place())
	}

	for i, f := range s.Failures {
		if i == shownLines {
			fmt.Fprintf(w, "and %d more failures\n", len(s.Failures)-i)
			break
		}

		fmt.Fprintf(w, "%s\t%s/%s\tafter %d epochs\n", f.State, f.Experiment, f.Run, f.Epochs)
		printLast(w, f.LastLines)
	}

	return w.Flush()
}

// printLast prints last lines of output, indented.
func printLast(w io.Writer, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(w, "\t%s\n", line)
	}
}
