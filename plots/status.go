package plots

import (
	"fmt"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// status returns the state of a run, as its folder records it.
func status(t *series.Table) string {
	if t.State == "" {
		return "unknown"
	}
	return t.State
}

// howItEnded says how a run came to its end, where that is not by its last epoch.
func howItEnded(t *series.Table) string {
	switch t.State {
	case "failed", "damaged":
		return fmt.Sprintf(
			" It %s: %s.",
			map[string]string{"failed": "failed", "damaged": "is damaged"}[t.State],
			strings.TrimSuffix(t.Why, "."),
		)
	case "diverged":
		if epoch, ok := diverged(t); ok {
			return fmt.Sprintf(" It diverged: from epoch %s on its values are NaN or infinite.", FormatInt(epoch))
		}

		return " It diverged: its loss was no longer finite."
	case "converged":
		return " It reached the target set for it."
	case "gave_up":
		return fmt.Sprintf(" It was given up: its training loss was still above %s.", t.Header.Config[keyGiveUpLoss])
	case "running":
		return " It is not finished: the series goes no further yet."
	case "cancelled":
		return " It was interrupted and has been saved: the same command goes on with it."
	}

	return ""
}

// namedFailures is how many failed runs a set's summary names.
const namedFailures = 5

// failures says which runs of a set failed and why.
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
		sentences = append(sentences, plural(more, "other run")+" failed too.")
	}

	return sentences
}

// diverged returns the first epoch from which on the training loss, or else the lower bound,
// is NaN or infinite to the end; ok is false for a run that did not diverge.
func diverged(t *series.Table) (epoch int, ok bool) {
	for _, metric := range []string{series.TrainLoss, series.LowerBound} {
		c := t.Curve(metric, "")
		if c == nil || len(c.Values) == 0 || query.Finite(query.LastOf(c)) {
			continue
		}
		i := len(c.Values) - 1
		for i > 0 && !query.Finite(c.Values[i-1]) {
			i--
		}
		return c.Epochs[i], true
	}
	return 0, false
}
