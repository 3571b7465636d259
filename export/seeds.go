package export

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// OverSeeds returns a table with one row per setting, which is the configuration without the seed:
// experiment, number of runs, number of runs in each state, and the selected keys; then, for each
// numeric column of Table, the mean, the sample standard deviation (n−1; empty for one value), the
// minimum, the maximum, and the number of runs with a value. NaN in one run makes all of these NaN
// except the count.
func (r *Runs) OverSeeds() (Table, error) {
	t := Table{Columns: []Column{{"experiment", Text}, {"runs", Integer}, {"status", Text}}}
	keys, measures, err := r.arrange()
	if err != nil {
		return Table{}, err
	}

	t.Columns = append(t.Columns, keys...)
	for _, m := range measures {
		for _, name := range []string{"mean", "std", "min", "max"} {
			t.Columns = append(t.Columns, Column{m.Name + "." + name, Number})
		}

		t.Columns = append(t.Columns, Column{m.Name + ".count", Integer})
	}

	// Every group gets a row, even if none of its runs has a value.
	groups, err := r.settings()
	if err != nil {
		return Table{}, err
	}

	for _, runs := range groups {
		row := []Cell{textCell(runs[0].header.Experiment), integerCell(len(runs)), states(runs)}
		for _, k := range keys {
			row = append(row, runs[0].key(k))
		}

		for _, m := range measures {
			row = append(row, statistics(m, runs)...)
		}

		t.Rows = append(t.Rows, row)
	}

	return t, nil
}

// settings groups the runs by setting and keeps their order.
func (r *Runs) settings() ([][]summary, error) {
	var groups [][]summary
	index := map[string]int{}
	settings := query.Settings(headersOf(r.runs))
	for n, s := range r.runs {
		// No name contains a zero byte, so different pairs never join to the same text.
		setting := s.header.Experiment + "\x00" + settings[n]
		i, known := index[setting]
		if !known {
			i = len(groups)
			index[setting] = i
			groups = append(groups, nil)
		}

		// Two runs of one setting and seed are the same measurement. Counting it twice would make
		// the spread too small.
		for _, other := range groups[i] {
			if other.header.Seed == s.header.Seed && query.Seeds(other.header) == query.Seeds(s.header) {
				return nil, fmt.Errorf(
					"two runs have the same setting and seed %d: %s and %s of experiment %s; give one of them",
					s.header.Seed,
					other.header.Run,
					s.header.Run,
					s.header.Experiment,
				)
			}
		}

		groups[i] = append(groups[i], s)
	}

	return groups, nil
}

// states counts the runs in each state, as "3 completed, 1 diverged".
func states(runs []summary) Cell {
	count := map[rundir.State]int{}
	for _, s := range runs {
		if state := s.status.State; state != "" {
			count[state]++
		}
	}

	var parts []string
	for _, state := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
	}

	return optionalText(strings.Join(parts, ", "))
}

// statistics returns the cells of a measure over runs: mean, std, min, max, count.
func statistics(m measure, runs []summary) []Cell {
	var values []float64
	for _, s := range runs {
		if c := m.of(s); c.filled {
			values = append(values, c.of(m.Type))
		}
	}

	cells := make([]Cell, 5)
	cells[4] = integerCell(len(values))
	if len(values) == 0 {
		return cells
	}

	// math.Min and math.Max propagate NaN, as the mean does.
	least, greatest := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		least, greatest = math.Min(least, v), math.Max(greatest, v)
	}

	cells[0], cells[2], cells[3] = numberCell(query.Mean(values)), numberCell(least), numberCell(greatest)
	if len(values) > 1 {
		cells[1] = numberCell(query.Deviation(values))
	}

	return cells
}
