package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// setSummary describes a set of runs: in what they differ, how far they are, and where their final
// values peak or are extreme.
func setSummary(tables []*series.Table) []string {
	keys := query.VaryingKeys(tables)
	groups := runset.GroupBy(tables, keys)
	settled := runset.GroupBy(runset.Settled(tables), keys)
	first := figure.Plural(len(tables), "run")
	if len(keys) > 0 {
		first += fmt.Sprintf(
			" that differ in %s: %s, %s",
			strings.Join(keys, ", "),
			figure.Plural(len(groups), "setting"),
			seedsPhrase(groups),
		)
	}

	name := dataName(tables[0])
	differs := func(t *series.Table) bool { return dataName(t) != name }
	if name != "" && !slices.ContainsFunc(tables, differs) {
		first += ", all on " + name
	}

	// A peak inside the range of widths is more telling than the extremes.
	found := cmp.Or(peakSentence(settled, keys), extremesSentence(settled))
	summary := withoutEmpty(about(tables), first+".", courseSentence(tables), found)
	return append(summary, failures(tables)...)
}

// seedsPhrase describes how many seeds each group has.
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

// peaking are the measures that peak over width in a double descent.
var peaking = []runset.Measure{
	finalLower,
	{Name: "certified bound", Of: runset.LastCertified},
	finalTest,
}

// peakSentence names the width at which the mean over seeds of each measure is largest, if that is
// neither the narrowest nor the widest. It is empty unless the runs differ in width alone.
func peakSentence(groups []runset.Group, keys []string) string {
	if !slices.Equal(keys, []string{runset.KeyHidden}) {
		return ""
	}

	found := peaks(groups, func(m runset.Measure, means []float64, peak int) string {
		last := len(means) - 1
		return fmt.Sprintf(
			"the %s at %s with %s, against %s at %s",
			m.Name,
			groups[peak].Name,
			figure.FormatNumber(means[peak]),
			figure.FormatNumber(means[last]),
			groups[last].Name,
		)
	})
	if len(found) == 0 {
		return ""
	}

	what := "Values peak"
	if averages(groups) {
		what = "Means over seeds peak"
	}
	return what + " inside the range of widths: " + strings.Join(found, "; ") + "."
}

// peaks calls say for each measure whose mean is largest in neither the first nor the last group,
// and collects the results.
func peaks(groups []runset.Group, say func(m runset.Measure, means []float64, peak int) string) []string {
	var found []string
	for _, m := range peaking {
		means := meansOf(groups, m)
		if len(means) == 0 {
			continue
		}

		peak := slices.Index(means, slices.Max(means))
		if peak > 0 && peak < len(means)-1 {
			found = append(found, say(m, means, peak))
		}
	}
	return found
}

// extremesSentence names the settings with the smallest and the largest mean over seeds of each
// measure.
func extremesSentence(groups []runset.Group) string {
	var found []string
	for _, m := range []runset.Measure{
		finalTest,
		finalLower,
		{Name: "best certified upper bound", Of: runset.LastCertified},
	} {
		if least, greatest := extremesOf(groups, m); least != "" {
			found = append(found, fmt.Sprintf("the %s is %s and %s", m.Name, least, greatest))
		}
	}

	if len(found) == 0 {
		return ""
	}

	text := strings.Join(found, "; ") + "."
	if averages(groups) {
		return "Means over seeds: " + text
	}
	return figure.Capitalised(text)
}

// extremesOf names the groups in which the mean of a measure is smallest and largest. Both are
// empty if all means are equal, or a group has none.
func extremesOf(groups []runset.Group, m runset.Measure) (least, greatest string) {
	means := meansOf(groups, m)
	if len(means) == 0 || slices.Min(means) == slices.Max(means) {
		return "", ""
	}

	with := func(what string, v float64) string {
		return fmt.Sprintf(
			"%s with %s (%s)",
			what,
			groups[slices.Index(means, v)].Name,
			figure.FormatNumber(v),
		)
	}
	return with("least", slices.Min(means)), with("greatest", slices.Max(means))
}

// averages reports whether some group has several runs, so that its mean is more than one value.
func averages(groups []runset.Group) bool {
	return slices.ContainsFunc(groups, func(g runset.Group) bool {
		return len(g.Runs) > 1
	})
}

// meansOf returns the mean of a measure over the seeds of each group, or nil if some group has no
// finite value.
func meansOf(groups []runset.Group, m runset.Measure) []float64 {
	var means []float64
	for _, g := range groups {
		values := runset.FiniteValues(g.Runs, m.Of)
		if len(values) == 0 {
			return nil
		}

		means = append(means, query.Mean(values))
	}

	return means
}

// setTiles returns the tiles at the top of a set's page.
func setTiles(tables []*series.Table, links map[*series.Table]string) []page.Tile {
	note := "none diverged"
	if n := len(tables) - len(runset.Settled(tables)); n > 0 {
		note = figure.FormatInt(n) + " diverged"
	}

	tiles := []page.Tile{page.NewTile("Runs", figure.FormatInt(len(tables)), note)}
	tiles = append(tiles, sweptTiles(tables)...)
	for _, r := range []record{
		{"Least test loss", runset.LastOf(series.TestLoss), -1},
		{"Highest test accuracy", runset.LastOf(series.TestAccuracy), 1},
		{"Highest test R²", runset.LastOf(series.TestR2), 1},
		{"Largest lower bound", runset.LastOf(series.LowerBound), 1},
		{"Largest certified bound", runset.LastCertified, 1},
	} {
		if t, best := r.holder(tables); t != nil {
			tile := page.NewTile(r.name, figure.FormatNumber(best), t.Header.Run)
			tile.Link = links[t]
			tiles = append(tiles, tile)
		}
	}

	return tiles
}

// mostSweptTiles is the number of keys up to which each has its own tile; the table of differences
// lists them in any case.
const mostSweptTiles = 3

// sweptTiles returns tiles with the values of the keys in which runs differ.
func sweptTiles(tables []*series.Table) []page.Tile {
	keys := query.VaryingKeys(tables)
	if len(keys) > mostSweptTiles {
		return []page.Tile{page.NewTile(
			"Keys that differ",
			figure.FormatInt(len(keys)),
			shortList(keys),
		)}
	}

	var tiles []page.Tile
	for _, key := range keys {
		values := runset.Levels(tables, key)
		tiles = append(
			tiles,
			page.NewTile(key, figure.Plural(len(values), "value"), shortList(values)),
		)
	}
	return tiles
}

// shortList joins a few values; of many it gives the first two and the last.
func shortList(values []string) string {
	const most = 4
	if len(values) > most {
		return values[0] + ", " + values[1] + " … " + values[len(values)-1]
	}
	return strings.Join(values, ", ")
}

// A record is the extreme of a measure over runs: the largest if sign is 1, the smallest if -1.
type record struct {
	name string
	of   func(*series.Table) float64
	sign float64
}

// holder returns the run that holds the record, or nil if no run has a finite value.
func (r record) holder(tables []*series.Table) (holder *series.Table, value float64) {
	for _, t := range tables {
		v := r.of(t)
		if query.Finite(v) && (holder == nil || r.sign*v > r.sign*value) {
			holder, value = t, v
		}
	}
	return holder, value
}
