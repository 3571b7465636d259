package export

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Selector chooses the epoch of a run at which metrics are looked up.
type Selector struct {
	name  string
	epoch int // only for a numbered epoch
}

// Names of selectors. If a metric was not measured at the epoch of best or stop, its latest earlier
// value counts.
const (
	last = "last" // each metric's own last value
	best = "best" // the epoch at which a Criterion is met
	stop = "stop" // the epoch at which the run stopped
)

// ParseSelectors parses a comma-separated list of last, best, stop and epoch numbers.
func ParseSelectors(list string) ([]Selector, error) {
	var all []Selector
	for name := range strings.SplitSeq(list, ",") {
		s := Selector{name: strings.TrimSpace(name)}
		if s.numbered() {
			epoch, err := strconv.Atoi(s.name)
			if err != nil || epoch < 0 {
				return nil, fmt.Errorf(
					"%q is not an epoch to look at: want last, best, stop or a whole number from 0",
					s.name,
				)
			}
			s = Selector{strconv.Itoa(epoch), epoch}
		}

		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}

	return all, nil
}

func (s Selector) numbered() bool {
	return s.name != last && s.name != best && s.name != stop
}

// epochOf returns the epoch that the selector chooses in a run; ok is false if there is none.
func (s Selector) epochOf(r rundir.Record, by Criterion) (epoch int, ok bool) {
	switch s.name {
	case last:
		return query.LastEpoch(r.Table), true
	case stop:
		return max(query.LastEpoch(r.Table), r.Status.Epochs), true
	case best:
		return by.epoch(r.Table)
	}
	return s.epoch, true
}

// valueOf returns the curve's value for the chosen epoch, and the epoch at which it was measured.
func (s Selector) valueOf(c *series.Curve, chosen int) (value float64, epoch int, ok bool) {
	if s.numbered() {
		value, ok = c.At(chosen)
		return value, chosen, ok
	}
	if s.name == last {
		return c.Last()
	}
	// This is the last epoch that is not after the chosen one.
	after, _ := slices.BinarySearch(c.Epochs, chosen+1)
	if after == 0 {
		return 0, 0, false
	}
	return c.Values[after-1], c.Epochs[after-1], true
}

// A Criterion chooses the best epoch of a run: the first at which a metric has its least, or
// greatest, finite value.
type Criterion struct {
	Metric, Label string
	Greatest      bool
}

// ParseCriterion parses a metric, with its label in brackets if it has one, after an optional
// prefix min: (the default) or max:.
func ParseCriterion(s string) Criterion {
	var c Criterion
	s, c.Greatest = strings.CutPrefix(s, "max:")
	c.Metric, c.Label, _ = splitLabel(strings.TrimPrefix(s, "min:"))
	return c
}

func (c Criterion) epoch(t *series.Table) (epoch int, ok bool) {
	curve := t.Curve(c.Metric, c.Label)
	if curve == nil {
		return 0, false
	}

	record := 0.0
	for i, v := range curve.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}

		// Of equal values, the first wins.
		if !ok || c.Greatest && v > record || !c.Greatest && v < record {
			record, epoch, ok = v, curve.Epochs[i], true
		}
	}

	return epoch, ok
}
