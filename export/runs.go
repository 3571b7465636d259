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

// Options say what a table over runs has.
type Options struct {
	Keys    Keys
	Metrics []Pattern
	At      []Selector
	Best    Criterion
}

// Runs gathers from each run what a table over runs shows of it.
type Runs struct {
	options Options
	runs    []summary
	metrics map[string]bool // that any run has
}

// A summary is what is kept of a run.
type summary struct {
	header series.Header
	status rundir.Status
	epochs []Cell // chosen, by selector
	found  map[place]found
}

func headersOf(runs []summary) []series.Header {
	headers := make([]series.Header, len(runs))
	for i, r := range runs {
		headers[i] = r.header
	}
	return headers
}

// A place is a column of the metrics: which curve, at which selector.
type place struct {
	metric, label string
	selector      int
}

type found struct {
	value float64
	epoch int
}

// NewRuns returns a table without runs.
func NewRuns(o Options) *Runs {
	return &Runs{options: o, metrics: map[string]bool{}}
}

// Add takes what the table shows from a run.
func (r *Runs) Add(run rundir.Record) {
	s := summary{
		header: run.Table.Header,
		status: run.Status,
		epochs: make([]Cell, len(r.options.At)),
		found:  map[place]found{},
	}

	// Metrics are noted even where none of their values is chosen, for suggestions in errors.
	for _, metric := range run.Table.Metrics() {
		r.metrics[metric] = true
	}

	for i, at := range r.options.At {
		epoch, ok := at.epochOf(run, r.options.Best)
		if !ok {
			continue
		}

		s.epochs[i] = integer(epoch)
		// The values are taken out now, so that the run's table can go.
		for c := range query.Curves(run.Table) {
			if !slices.ContainsFunc(r.options.Metrics, func(p Pattern) bool {
				return p.matches(c.Metric, c.Label)
			}) {
				continue
			}
			v, measured, ok := at.value(c, epoch)
			if ok {
				s.found[place{c.Metric, c.Label, i}] = found{v, measured}
			}
		}
	}

	r.runs = append(r.runs, s)
}

// Table has a row for each run: experiment, run, id (the hash of its configuration), status, seed;
// the configuration's keys that were asked for; then each metric at each selector. Rows are ordered
// by experiment, by the values of the keys, and by seed.
func (r *Runs) Table() (Table, error) {
	t := Table{
		Columns: []Column{{"experiment", Text}, {"run", Text}, {"id", Text}, {"status", Text}, {"seed", Integer}},
	}

	keys, measures, err := r.arrange()
	if err != nil {
		return Table{}, err
	}

	// Where no run failed, no column is given to reasons: scripts find what they always found.
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
			text(h.Experiment),
			text(h.Run),
			text(h.ConfigHash),
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

// arrange puts the runs in the order of the rows and returns what these show of each.
func (r *Runs) arrange() (keys []Column, measures []measure, err error) {
	if keys, err = r.options.Keys.columns(r.runs); err != nil {
		return nil, nil, err
	}

	if measures, err = r.measures(); err != nil {
		return nil, nil, err
	}

	// Natural order: a width of 64 comes before 128.
	slices.SortStableFunc(r.runs, func(a, b summary) int {
		c := strings.Compare(a.header.Experiment, b.header.Experiment)
		for _, k := range keys {
			c = cmp.Or(c, series.CompareNatural(a.header.Config[k.Name], b.header.Config[k.Name]))
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

// optionalText returns a cell that is empty for the empty text.
func optionalText(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return text(s)
}

// A measure is a column that has a number measured in each run.
type measure struct {
	Column
	of func(summary) Cell
}

// measures returns the columns behind the keys: the epochs that last, best and stop chose, then
// metric by metric the values, and the epochs of those that are older than the one chosen.
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
			// A column that says nothing in any row is left out.
			if slices.ContainsFunc(r.runs, p.isOlder) {
				all = append(all, measure{Column{name + ".epoch", Integer}, p.epoch})
			}
		}
	}

	// A selector that finds nothing at all is more likely a mistake than an answer.
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

// chosenCurves lists what the patterns name, pattern by pattern, in natural order.
func (r *Runs) chosenCurves() ([]place, error) {
	// The place without its selector stands for the curve.
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
			// Without brackets a pattern means the whole network, and labels only of what has no
			// value for it.
			hidden := !pattern.labelled && p.label != "" && present[place{p.metric, "", 0}]
			if pattern.matches(p.metric, p.label) && !hidden && !slices.Contains(all, p) {
				chosen = append(chosen, p)
			}
		}

		slices.SortFunc(chosen, func(a, b place) int {
			return cmp.Or(strings.Compare(a.metric, b.metric), series.CompareNatural(a.label, b.label))
		})

		all = append(all, chosen...)
	}

	return all, nil
}

// known reports whether any run has a metric that the pattern names, at whatever epochs.
func (r *Runs) known(p Pattern) bool {
	for metric := range r.metrics {
		if (Pattern{metric: p.metric}).matches(metric, "") {
			return true
		}
	}
	return false
}

// value returns what a run has in the column.
func (p place) value(s summary) Cell {
	if f, ok := s.found[p]; ok {
		return number(f.value)
	}
	return Cell{}
}

// epoch returns when a run's value was measured.
func (p place) epoch(s summary) Cell {
	if f, ok := s.found[p]; ok {
		return integer(f.epoch)
	}
	return Cell{}
}

// isOlder reports whether a run's value is of another epoch than the one chosen.
func (p place) isOlder(s summary) bool {
	f, ok := s.found[p]
	return ok && s.epochs[p.selector].integer != int64(f.epoch)
}
