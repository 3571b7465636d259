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

// namedValues is how many values of a key are listed with how many runs have each.
const namedValues = 16

// differenceTable lists the keys in which runs differ, and which runs have which values. The script
// of the page puts the values of the runs that are shown in place of these, where they are few.
func differenceTable(tables []*series.Table) []figure.Table {
	tab := figure.NewTable("differences", "In what the runs differ", "Key", "Values", "Runs")
	tab.Note = "Hide all runs but a few, by the filter or in the table above, and their values " +
		"stand here side by side."

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

// listValues writes values with how many runs have each: once for all where they have equally many.
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
