package plots

import (
	"fmt"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// States of runs that have not ended, as far as is known.
const (
	stateUnknown = "unknown" // the same as no state
	stateRunning = "running" // a process is training it
)

// howItEnded describes how a run ended, unless it simply reached its last epoch; then it is empty.
func howItEnded(t *series.Table) string {
	switch t.State {
	case "failed":
		return " It failed: " + strings.TrimSuffix(t.Why, ".") + "."
	case "damaged":
		return " It is damaged: " + strings.TrimSuffix(t.Why, ".") + "."
	case "diverged":
		if epoch, ok := runset.Diverged(t); ok {
			return " It diverged: from epoch " + figure.FormatInt(epoch) + " on, its values are NaN or infinite."
		}

		return " It diverged: its loss was no longer finite."
	case "converged":
		return " It reached its target."
	case "gave_up":
		return " It was given up: its training loss was still above " + t.Header.Config[runset.KeyGiveUpLoss] + "."
	case stateRunning:
		return " It is still in progress."
	case "abandoned":
		return " It was abandoned: the process that trained it is gone. The same command resumes it " +
			"from its last checkpoint."
	case "cancelled":
		return " It was interrupted and has been saved. The same command resumes it."
	}

	return ""
}

// namedFailures is the maximum number of failed runs that a set's summary names.
const namedFailures = 5

// failures describes which runs of a set failed, and why.
func failures(tables []*series.Table) []string {
	var sentences []string
	failed := 0
	for _, t := range tables {
		if t.Why == "" {
			continue
		}

		if failed++; failed <= namedFailures {
			sentences = append(sentences, fmt.Sprintf("Run %s:%s", t.Header.Run, howItEnded(t)))
		}
	}

	if more := failed - namedFailures; more > 0 {
		sentences = append(sentences, figure.Plural(more, "other run")+" failed too.")
	}

	return sentences
}
