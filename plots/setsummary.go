package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// setSummary says what a set of runs holds and, where they differ in width, where the bounds
// and the test loss peak.
func setSummary(tables []*series.Table) []string {
	keys := query.VaryingKeys(tables)
	groups := runset.GroupBy(tables, keys)
	first := figure.Plural(len(tables), "run")
	if len(keys) > 0 {
		first += fmt.Sprintf(
			" that differ in %s: %s, %s",
			strings.Join(keys, ", "),
			figure.Plural(len(groups), "setting"),
			seedsPhrase(groups),
		)
	}

	if name, ok := query.Common(tables, runset.KeyData); ok {
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
func seedsPhrase(groups []runset.Group) string {
	least, most := len(groups[0].Runs), len(groups[0].Runs)
	for _, g := range groups {
		least, most = min(least, len(g.Runs)), max(most, len(g.Runs))
	}
	if least == most {
		return figure.Plural(most, "seed") + " each"
	}
	return fmt.Sprintf("%d to %d seeds each", least, most)
}

// peakSentence says at which width the mean over seeds of each measure is largest, where that
// is neither the narrowest nor the widest. It speaks of runs that differ in width alone.
func peakSentence(tables []*series.Table, keys []string) string {
	if !slices.Equal(keys, []string{runset.KeyHidden}) {
		return ""
	}

	var found []string
	for _, m := range []runset.Measure{
		{Name: "lower bound", Of: runset.LastOf(series.LowerBound)},
		{Name: "best certified upper bound", Of: runset.LastCertified},
		{Name: "test loss", Of: runset.LastOf(series.TestLoss)},
	} {
		if text := interiorPeak(runset.GroupBy(tables, keys), m); text != "" {
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
func extremesSentence(groups []runset.Group) string {
	var found []string
	for _, m := range []runset.Measure{
		finalTest,
		{Name: "lower bound", Of: runset.LastOf(series.LowerBound)},
		{Name: "best certified upper bound", Of: runset.LastCertified},
	} {
		means := meansOf(groups, m)
		if len(means) < 2 {
			continue
		}

		low, high := slices.Index(means, slices.Min(means)), slices.Index(means, slices.Max(means))
		if low != high {
			found = append(found, fmt.Sprintf(
				"the %s is least with %s (%s) and greatest with %s (%s)",
				m.Name,
				groups[low].Name,
				figure.FormatNumber(means[low]),
				groups[high].Name,
				figure.FormatNumber(means[high]),
			))
		}
	}

	if len(found) == 0 {
		return ""
	}

	return "Means over seeds: " + strings.Join(found, "; ") + "."
}

// meansOf returns the mean of a measure over the seeds of each group; nil where a group has no
// finite value.
func meansOf(groups []runset.Group, m runset.Measure) []float64 {
	var means []float64
	for _, g := range groups {
		var values []float64
		for _, t := range g.Runs {
			if v := m.Of(t); query.Finite(v) {
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
func interiorPeak(groups []runset.Group, m runset.Measure) string {
	means := meansOf(groups, m)
	if means == nil {
		return ""
	}
	peak := slices.Index(means, slices.Max(means))
	if peak == 0 || peak == len(means)-1 {
		return ""
	}
	return fmt.Sprintf(
		"the %s at %s with %s, against %s at %s",
		m.Name,
		groups[peak].Name,
		figure.FormatNumber(means[peak]),
		figure.FormatNumber(means[len(means)-1]),
		groups[len(means)-1].Name,
	)
}

func diverging(n int) string {
	if n == 0 {
		return "none diverged"
	}
	return figure.FormatInt(n) + " diverged"
}

// setTiles returns the numbers of a set to see first.
func setTiles(tables []*series.Table) []page.Tile {
	failed := 0
	for _, t := range tables {
		if _, ok := runset.Diverged(t); ok {
			failed++
		}
	}

	tiles := []page.Tile{{Name: "Runs", Value: figure.FormatInt(len(tables)), Note: diverging(failed)}}
	for _, m := range []runset.Measure{
		{Name: "Largest lower bound", Of: runset.LastOf(series.LowerBound)},
		{Name: "Largest certified upper bound", Of: runset.LastCertified},
		{Name: "Largest test loss", Of: runset.LastOf(series.TestLoss)},
		{Name: "Highest test accuracy", Of: runset.LastOf(series.TestAccuracy)},
	} {
		best, at := math.NaN(), ""
		for _, t := range tables {
			if v := m.Of(t); query.Finite(v) && !(best >= v) {
				best, at = v, t.Header.Run
			}
		}

		if query.Finite(best) {
			tiles = append(tiles, page.Tile{Name: m.Name, Value: figure.FormatNumber(best), Note: at})
		}
	}

	return tiles
}
