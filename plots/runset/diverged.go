package runset

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Diverged returns the epoch from which the training loss (or else the lower bound) is NaN or
// infinite until the end. ok is false if the run did not diverge.
func Diverged(t *series.Table) (epoch int, ok bool) {
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

// Settled lists the runs that did not diverge.
func Settled(tables []*series.Table) []*series.Table {
	return slices.DeleteFunc(slices.Clone(tables), func(t *series.Table) bool {
		_, ok := Diverged(t)
		return ok
	})
}

// LeftOut returns a sentence on how many runs diverged and are left out; empty if none did.
func LeftOut(tables []*series.Table) string {
	n := len(tables) - len(Settled(tables))
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" Left out: %s that diverged.", figure.Plural(n, "run"))
}
