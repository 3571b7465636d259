package export

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Options choose the contents of a table over runs.
type Options struct {
	Keys    Keys
	Metrics []Pattern
	At      []Selector
	Best    Criterion
}

// Runs collects from each run the values for a table over runs.
type Runs struct {
	options Options
	runs    []summary
	metrics map[string]bool // measured in at least one run
}

// A summary holds the values kept from a run.
type summary struct {
	header series.Header
	status rundir.Status
	epochs []Cell // the chosen epochs, one per selector
	found  map[place]found
}

func headersOf(runs []summary) []series.Header {
	headers := make([]series.Header, len(runs))
	for i, r := range runs {
		headers[i] = r.header
	}
	return headers
}

// A place identifies a column of metric values by its curve and selector.
type place struct {
	metric, label string
	selector      int
}

type found struct {
	value float64
	epoch int
}

// NewRuns returns an empty collection.
func NewRuns(o Options) *Runs {
	return &Runs{options: o, metrics: map[string]bool{}}
}

// Add copies the values that the table shows from a run.
func (r *Runs) Add(run rundir.Record) {
	s := summary{
		header: run.Table.Header,
		status: run.Status,
		epochs: make([]Cell, len(r.options.At)),
		found:  map[place]found{},
	}

	// Errors suggest metric names, so all are recorded, even if none of their values is selected.
	for _, metric := range run.Table.Metrics() {
		r.metrics[metric] = true
	}

	for i, at := range r.options.At {
		epoch, ok := at.epochOf(run, r.options.Best)
		if !ok {
			continue
		}

		s.epochs[i] = integerCell(epoch)
		// Copying the values now lets the run's table be freed.
		for c := range query.Curves(run.Table) {
			if !slices.ContainsFunc(r.options.Metrics, func(p Pattern) bool {
				return p.matches(c.Metric, c.Label)
			}) {
				continue
			}
			v, measured, ok := at.valueOf(c, epoch)
			if ok {
				s.found[place{c.Metric, c.Label, i}] = found{v, measured}
			}
		}
	}

	r.runs = append(r.runs, s)
}

// Table returns a table with one row per run: experiment, run, id (the hash of its configuration),
// status and seed, then the selected configuration keys, then each metric at each selector. Rows
// are sorted by experiment, values of the keys, and seed.
func (r *Runs) Table() (Table, error) {
	t := Table{
		Columns: []Column{
			{"experiment", Text},
			{"run", Text},
			{"id", Text},
			{"status", Text},
			{"seed", Integer},
		},
	}

	keys, measures, err := r.arrange()
	if err != nil {
		return Table{}, err
	}

	// The error column is left out if no run failed, so that scripts written for such tables keep
	// working.
	someFailed := slices.ContainsFunc(r.runs, func(s summary) bool {
		return s.status.Error != ""
	})
	if someFailed {
		t.Columns = append(t.Columns, Column{"error", Text})
	}

	t.Columns = append(t.Columns, keys...)
	for _, m := range measures {
		t.Columns = append(t.Columns, m.Column)
	}

	for _, s := range r.runs {
		h := s.header
		row := []Cell{
			textCell(h.Experiment),
			textCell(h.Run),
			textCell(h.ConfigHash),
			optionalText(string(s.status.State)),
			{filled: true, integer: int64(h.Seed)},
		}

		if someFailed {
			row = append(row, optionalText(s.status.Error))
		}

		for _, k := range keys {
			row = append(row, s.key(k))
		}

		for _, m := range measures {
			row = append(row, m.of(s))
		}

		t.Rows = append(t.Rows, row)
	}

	return t, nil
}

// arrange sorts the runs into row order and returns the columns that the rows show.
func (r *Runs) arrange() (keys []Column, measures []measure, err error) {
	if keys, err = r.options.Keys.columns(r.runs); err != nil {
		return nil, nil, err
	}

	if measures, err = r.measures(); err != nil {
		return nil, nil, err
	}

	// In natural order a width of 64 comes before 128.
	slices.SortStableFunc(r.runs, func(a, b summary) int {
		c := strings.Compare(a.header.Experiment, b.header.Experiment)
		for _, k := range keys {
			c = cmp.Or(
				c,
				series.CompareNatural(a.header.Config[k.Name], b.header.Config[k.Name]),
			)
		}

		return cmp.Or(
			c,
			cmp.Compare(a.header.Seed, b.header.Seed),
			strings.Compare(a.header.Run, b.header.Run),
			strings.Compare(a.header.ConfigHash, b.header.ConfigHash),
		)
	})

	return keys, measures, nil
}

// optionalText returns a text cell, or an empty cell for the empty string.
func optionalText(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return textCell(s)
}

// A measure is a numeric column and the function that returns its cell for a run.
type measure struct {
	Column
	of func(summary) Cell
}

// measures returns the columns after the keys: the epochs chosen by last, best and stop, then the
// values of each metric, each followed by the epochs of its values if any is older than the chosen
// epoch.
func (r *Runs) measures() ([]measure, error) {
	var all []measure
	for i, at := range r.options.At {
		if !at.numbered() {
			all = append(all, measure{Column{"epoch@" + at.name, Integer}, func(s summary) Cell {
				return s.epochs[i]
			}})
		}
	}

	curves, err := r.chosenCurves()
	if err != nil {
		return nil, err
	}

	some := make([]bool, len(r.options.At))
	for _, c := range curves {
		for i, at := range r.options.At {
			p := place{c.metric, c.label, i}
			name := withLabel(c.metric, c.label) + "@" + at.name
			some[i] = some[i] || slices.ContainsFunc(r.runs, func(s summary) bool {
				return p.value(s).filled
			})
			all = append(all, measure{Column{name, Number}, p.value})
			// A column without information in any row is left out.
			if slices.ContainsFunc(r.runs, p.isOlder) {
				all = append(all, measure{Column{name + ".epoch", Integer}, p.epoch})
			}
		}
	}

	// A selector that matches nothing in any run is probably a mistake.
	for i, at := range r.options.At {
		if !some[i] {
			return nil, r.nothingAt(at)
		}
	}

	return all, nil
}

func (r *Runs) nothingAt(at Selector) error {
	if at.name == best {
		name := withLabel(r.options.Best.Metric, r.options.Best.Label)
		return fmt.Errorf(
			"no run has a finite %s to choose its best epoch by%s",
			name,
			r.didYouMean(r.options.Best.Metric),
		)
	}
	return fmt.Errorf("no run has any of these metrics at %s", at.name)
}

func (r *Runs) didYouMean(metric string) string {
	return suggest.DidYouMean(metric, slices.Sorted(maps.Keys(r.metrics)))
}

// chosenCurves returns the curves that the patterns select, pattern by pattern, each in natural
// order.
func (r *Runs) chosenCurves() ([]place, error) {
	// A place with selector 0 stands for the whole curve.
	present := map[place]bool{}
	for _, s := range r.runs {
		for p := range s.found {
			present[place{p.metric, p.label, 0}] = true
		}
	}

	if len(present) == 0 && len(r.metrics) == 0 {
		return nil, errors.New("nothing has been measured yet: the runs have only begun, or failed before")
	}

	var all []place
	for _, pattern := range r.options.Metrics {
		if !pattern.mayLack && !r.known(pattern) {
			return nil, fmt.Errorf(
				"no run has a metric %s%s",
				withLabel(pattern.metric, pattern.label),
				r.didYouMean(pattern.metric),
			)
		}

		var chosen []place
		for p := range present {
			// A pattern without brackets selects labels only of metrics without a whole-network
			// value.
			hidden := !pattern.labelled && p.label != "" && present[place{p.metric, "", 0}]
			if pattern.matches(p.metric, p.label) && !hidden && !slices.Contains(all, p) {
				chosen = append(chosen, p)
			}
		}

		slices.SortFunc(chosen, func(a, b place) int {
			return cmp.Or(
				strings.Compare(a.metric, b.metric),
				series.CompareNatural(a.label, b.label),
			)
		})

		all = append(all, chosen...)
	}

	return all, nil
}

// known reports whether any run has a metric that the pattern matches, at any epoch.
func (r *Runs) known(p Pattern) bool {
	for metric := range r.metrics {
		if (Pattern{metric: p.metric}).matches(metric, "") {
			return true
		}
	}
	return false
}

// value returns the run's cell in the column.
func (p place) value(s summary) Cell {
	if f, ok := s.found[p]; ok {
		return numberCell(f.value)
	}
	return Cell{}
}

// epoch returns a cell with the epoch at which the run's value was measured.
func (p place) epoch(s summary) Cell {
	if f, ok := s.found[p]; ok {
		return integerCell(f.epoch)
	}
	return Cell{}
}

// isOlder reports whether the run's value was measured at another epoch than the chosen one.
func (p place) isOlder(s summary) bool {
	f, ok := s.found[p]
	return ok && s.epochs[p.selector].integer != int64(f.epoch)
}
