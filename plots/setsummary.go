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
		first += fmt.Sprintf(
			" that differ in %s: %s, %s",
			strings.Join(keys, ", "),
			plural(len(groups), "setting"),
			seedsPhrase(groups),
		)
	}

	if name, ok := query.Common(tables, keyData); ok {
		first += ", all on " + name
	}

	summary := append(about(tables), first+".")
	if peaks := peakSentence(tables, keys); peaks != "" {
		summary = append(summary, peaks)
	} else if extremes := extremesSentence(groups); extremes != "" {
		summary = append(summary, extremes)
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

// extremesSentence says with which setting the mean over seeds of each measure is least and
// greatest.
func extremesSentence(groups []group) string {
	var found []string
	for _, m := range []measure{
		finalTest,
		{name: "lower bound", of: lastOf(series.LowerBound)},
		{name: "best certified upper bound", of: lastCertified},
	} {
		means := meansOf(groups, m)
		if len(means) < 2 {
			continue
		}

		low, high := slices.Index(means, slices.Min(means)), slices.Index(means, slices.Max(means))
		if low != high {
			found = append(found, fmt.Sprintf("the %s is least with %s (%s) and greatest with %s (%s)",
				m.name, groups[low].name, FormatNumber(means[low]), groups[high].name, FormatNumber(means[high])))
		}
	}

	if len(found) == 0 {
		return ""
	}

	return "Means over seeds: " + strings.Join(found, "; ") + "."
}

// meansOf returns the mean of a measure over the seeds of each group; nil where a group has no
// finite value.
func meansOf(groups []group, m measure) []float64 {
	var means []float64
	for _, g := range groups {
		var values []float64
		for _, t := range g.runs {
			if v := m.of(t); query.Finite(v) {
				values = append(values, v)
			}
		}

		if len(values) == 0 {
			return nil
		}

		means = append(means, query.Mean(values))
	}

	return means
}

// interiorPeak says where a measure is greatest; empty where that is at the first or the last
// group.
func interiorPeak(groups []group, m measure) string {
	means := meansOf(groups, m)
	if means == nil {
		return ""
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

// setTiles returns the numbers of a set to see first.
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
		{name: "Highest test accuracy", of: lastOf(series.TestAccuracy)},
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
