package plots

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// namedValues is the number of values of a key that are listed; the rest are only counted.
const namedValues = 16

// differenceTable lists the keys in which runs differ and how many runs have each value. When the
// reader has hidden all but a few runs, the page's script shows the values of those runs instead.
func differenceTable(tables []*series.Table) []figure.Table {
	tab := figure.NewTable("differences", "In what the runs differ", "Key", "Values", "Runs")
	tab.Note = "Hide all but a few runs, with the filter or in the table above, to see their values " +
		"side by side."

	for _, key := range query.VaryingKeys(tables) {
		values := runset.Levels(tables, key)
		count := map[string]int{}
		for _, t := range tables {
			count[runset.KeyValue(t, key)]++
		}

		tab.AddRow(key, len(values), listValues(values, count))
	}

	if seeds := seedsOf(tables); len(seeds) > 1 {
		tab.AddRow("seed", len(seeds), shortList(seeds))
	}

	if len(tab.Rows) == 0 {
		return nil
	}
	return []figure.Table{tab}
}

// listValues joins the values with the number of runs that have each. If all numbers are equal, it
// is written once at the end.
func listValues(values []string, count map[string]int) string {
	counts := slices.Sorted(maps.Values(count))
	most := counts[len(counts)-1]
	even := most == counts[0]

	var words []string
	for _, v := range values[:min(len(values), namedValues)] {
		if !even {
			v = fmt.Sprintf("%s (%d)", v, count[v])
		}
		words = append(words, v)
	}

	text := strings.Join(words, ", ")
	if more := len(values) - namedValues; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if even {
		text += ": " + figure.Plural(most, "run") + " each"
	}
	return text
}
