package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Evidence holds the measurements by the names of the experiments' configurations.
type Evidence map[string]Experiment

// Experiment holds the runs of a configuration and the ensembles over their seeds.
type Experiment struct {
	Runs      []Run
	Ensembles []*series.Table
	// Kept means that these results ship with the program.
	Kept bool
}

// Run holds the measurements of a run and its final state. The states "converged", "completed" and
// "gave_up" are sound ends, all others are not.
type Run struct {
	*series.Table
	State string
}

// runs are runs to compare.
type runs []Run

// runs returns the runs of an experiment that ended soundly.
func (e Evidence) runs(name string) runs {
	return runs(e[name].Runs).where(Run.sound)
}

// unsound describes how many runs of an experiment are left out and why; it is empty if there are
// none.
func (e Evidence) unsound(name string) string {
	count := map[string]int{}
	for _, r := range e[name].Runs {
		switch {
		case r.sound():
		case slices.Contains(ended, r.State):
			count["not finite"]++
		default:
			count[r.State]++
		}
	}

	var parts []string
	// The order of a map is random, so the parts are sorted below.
	for state, n := range count {
		parts = append(
			parts,
			fmt.Sprintf("%d of %d runs of %s (%s)", n, len(e[name].Runs), name, state),
		)
	}

	slices.Sort(parts)

	return strings.Join(parts, ", ")
}

// stateConverged is the state of a run that reached its target.
const stateConverged = "converged"

// ended lists the states of a sound end.
var ended = []string{stateConverged, "completed", "gave_up"}

// sound reports whether the run ended by itself, with a finite loss and finite bounds.
func (r Run) sound() bool {
	if r.Table == nil || !slices.Contains(ended, r.State) {
		return false
	}
	// A run may end by itself with a loss that is no longer a number.
	for _, metric := range []string{series.TrainLoss, series.LowerBound} {
		v, _, measured := r.Curve(metric, "").Last()
		if measured && !query.Finite(v) {
			return false
		}
	}
	return true
}

// curveFrom returns the epochs at which a metric was measured, beginning with an epoch, and its
// values there.
func (r Run) curveFrom(metric string, from int) (epochs []int, values []float64) {
	c := r.Curve(metric, "")
	if c == nil {
		return nil, nil
	}
	first, _ := slices.BinarySearch(c.Epochs, from)
	return c.Epochs[first:], c.Values[first:]
}

// numberOf returns the value of a configuration key as a number, NaN if it is not a number.
func (r Run) numberOf(key string) float64 {
	if v, ok := query.Number(r.Table, key); ok {
		return v
	}
	return math.NaN()
}

// lastEpoch returns the last epoch at which a metric was measured, -1 if there is none.
func (r Run) lastEpoch(metric, label string) int {
	_, epoch, ok := r.Curve(metric, label).Last()
	if ok {
		return epoch
	}
	return -1
}

// last returns the last value of a metric, NaN if there is none.
func (r Run) last(metric, label string) float64 {
	return query.Last(r.Table, metric, label)
}

// valueAt returns the value of a metric at an epoch, NaN if there is none.
func (r Run) valueAt(metric, label string, epoch int) float64 {
	return query.At(r.Table, metric, label, epoch)
}

// where returns the runs that fulfil a condition.
func (rs runs) where(condition func(Run) bool) runs {
	return slices.DeleteFunc(slices.Clone(rs), func(r Run) bool { return !condition(r) })
}

// having returns the runs with the given value of a key.
func (rs runs) having(key, value string) runs {
	return rs.where(func(r Run) bool { return r.Header.Config[key] == value })
}

// ofSeed returns the runs with the given seed.
func (rs runs) ofSeed(seed uint64) runs {
	return rs.where(func(r Run) bool { return r.Header.Seed == seed })
}

// A group is a set of runs with the same x.
type group struct {
	value string
	x     float64
	runs
}

// groupBy groups the runs by the number that abscissa returns, in ascending order. It leaves out
// runs for which abscissa returns NaN.
func (rs runs) groupBy(abscissa func(Run) float64) []group {
	var groups []group
	for _, r := range rs {
		x := abscissa(r)
		if math.IsNaN(x) {
			continue
		}

		// Configurations hold the same text for the same number, so comparing floats for equality
		// is exact here.
		i := slices.IndexFunc(groups, func(g group) bool {
			return g.x == x
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{value: format(x), x: x})
		}

		groups[i].runs = append(groups[i].runs, r)
	}

	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Compare(a.x, b.x)
	})

	return groups
}

// key returns the number of a key, for groupBy.
func key(name string) func(Run) float64 {
	return func(r Run) float64 { return r.numberOf(name) }
}

// width returns the number of hidden units of a run with one hidden layer, NaN for other depths.
func width(r Run) float64 {
	if depth(r) != 1 {
		return math.NaN()
	}
	return r.numberOf("model.hidden")
}

// depth returns the number of hidden layers.
func depth(r Run) float64 {
	widths, _ := query.Widths(r.Table)
	return float64(len(widths))
}

// valuesOf returns a value of each run.
func (rs runs) valuesOf(value func(Run) float64) spread {
	var s spread
	for _, r := range rs {
		s = append(s, value(r))
	}
	return s
}

func (rs runs) last(metric string) spread {
	return rs.valuesOf(lastOf(metric))
}

func (rs runs) valuesAt(metric string, epoch int) spread {
	return rs.valuesOf(valueOf(metric, epoch))
}

// mean returns the mean of a metric's last values over the runs.
func (rs runs) mean(metric string) float64 {
	return rs.last(metric).mean()
}

// lastOf returns the last value of a metric, for valuesOf.
func lastOf(metric string) func(Run) float64 {
	return func(r Run) float64 { return r.last(metric, "") }
}

// valueOf returns the value of a metric at an epoch, for valuesOf.
func valueOf(metric string, epoch int) func(Run) float64 {
	return func(r Run) float64 { return r.valueAt(metric, "", epoch) }
}

// initialOf returns the value of a metric at initialisation, for valuesOf.
func initialOf(metric string) func(Run) float64 {
	return valueOf(metric, 0)
}

// ratioOf returns the ratio of two values of a run, for valuesOf.
func ratioOf(above, below func(Run) float64) func(Run) float64 {
	return func(r Run) float64 { return above(r) / below(r) }
}

// commonEpoch returns the last epoch at which all runs have a metric, -1 if there is none.
func (rs runs) commonEpoch(metric string) int {
	if len(rs) == 0 {
		return -1
	}

	c := rs[0].Curve(metric, "")
	if c == nil {
		return -1
	}

	// Runs may end at different epochs; they are compared at the last common one.
	for _, epoch := range slices.Backward(c.Epochs) {
		isMissing := func(r Run) bool {
			_, ok := r.Curve(metric, "").At(epoch)
			return !ok
		}
		if !slices.ContainsFunc(rs, isMissing) {
			return epoch
		}
	}

	return -1
}

// reach returns the smallest last epoch of the runs, -1 if there is none.
func (rs runs) reach() int {
	least := -1
	for i, r := range rs {
		e := r.lastEpoch(series.LowerBound, "")
		if i == 0 || e < least {
			least = e
		}
	}
	return least
}
