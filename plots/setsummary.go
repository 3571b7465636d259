package plots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// setSummary says what a set of runs holds and, where they differ in width, where the bounds
// and the test loss peak.
func setSummary(tables []*series.Table) []string {
	keys := query.VaryingKeys(tables)
	groups := groupBy(tables, keys)
	first := plural(len(tables), "run")
	if len(keys) > 0 {
		first += fmt.Sprintf(" that differ in %s: %s, %s", strings.Join(keys, ", "), plural(len(groups), "setting"), seedsPhrase(groups))
	}
	if name, ok := query.Common(tables, keyData); ok {
		first += ", all on " + name
	}
	summary := append(about(tables), first+".")
	if peaks := peakSentence(tables, keys); peaks != "" {
		summary = append(summary, peaks)
	}
	return append(summary, failures(tables)...)
}

// seedsPhrase says how many seeds each group has.
func seedsPhrase(groups []group) string {
	least, most := len(groups[0].runs), len(groups[0].runs)
	for _, g := range groups {
		least, most = min(least, len(g.runs)), max(most, len(g.runs))
	}
	if least == most {
		return plural(most, "seed") + " each"
	}
	return fmt.Sprintf("%d to %d seeds each", least, most)
}

// peakSentence says at which width the mean over seeds of each measure is largest, where that
// is neither the narrowest nor the widest. It speaks of runs that differ in width alone.
func peakSentence(tables []*series.Table, keys []string) string {
	if !slices.Equal(keys, []string{keyHidden}) {
		return ""
	}
	var found []string
	for _, m := range []measure{
		{name: "lower bound", of: lastOf(series.LowerBound)},
		{name: "best certified upper bound", of: lastCertified},
		{name: "test loss", of: lastOf(series.TestLoss)},
	} {
		if text := interiorPeak(groupBy(tables, keys), m); text != "" {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "Means over seeds peak inside the range of widths: " + strings.Join(found, "; ") + "."
}

func interiorPeak(groups []group, m measure) string {
	var means []float64
	for _, g := range groups {
		var values []float64
		for _, t := range g.runs {
			if v := m.of(t); query.Finite(v) {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			return ""
		}
		means = append(means, query.Mean(values))
	}
	peak := slices.Index(means, slices.Max(means))
	if peak == 0 || peak == len(means)-1 {
		return ""
	}
	return fmt.Sprintf("the %s at %s with %s, against %s at %s", m.name, groups[peak].name, FormatNumber(means[peak]),
		FormatNumber(means[len(means)-1]), groups[len(means)-1].name)
}

func diverging(n int) string {
	if n == 0 {
		return "none diverged"
	}
	return FormatInt(n) + " diverged"
}

// setTiles are the numbers of a set to see first.
func setTiles(tables []*series.Table) []tile {
	failed := 0
	for _, t := range tables {
		if _, ok := diverged(t); ok {
			failed++
		}
	}
	tiles := []tile{{"Runs", FormatInt(len(tables)), diverging(failed)}}
	for _, m := range []measure{
		{name: "Largest lower bound", of: lastOf(series.LowerBound)},
		{name: "Largest certified upper bound", of: lastCertified},
		{name: "Largest test loss", of: lastOf(series.TestLoss)},
	} {
		best, at := nan, ""
		for _, t := range tables {
			if v := m.of(t); query.Finite(v) && !(best >= v) {
				best, at = v, t.Header.Run
			}
		}
		if query.Finite(best) {
			tiles = append(tiles, tile{m.name, FormatNumber(best), at})
		}
	}
	return tiles
}
