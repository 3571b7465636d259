package plots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Finding says in one short sentence what a run, or a set of several, found; empty where nothing
// was measured that tells. The pages say it at length.
func Finding(tables []*series.Table) string {
	switch len(tables) {
	case 0:
		return ""
	case 1:
		return enclosure(tables[0])
	}

	keys := query.VaryingKeys(tables)
	groups := runset.GroupBy(runset.Settled(tables), keys)
	if slices.Equal(keys, []string{runset.KeyHidden}) {
		peaks := peaksInShort(groups)
		if peaks != "" {
			return peaks
		}
	}

	for _, m := range append([]runset.Measure{finalTest}, peaking...) {
		means := meansOf(groups, m)
		if len(means) < 2 || slices.Min(means) == slices.Max(means) {
			continue
		}

		low, high := slices.Index(means, slices.Min(means)), slices.Index(means, slices.Max(means))
		return fmt.Sprintf("The %s is least with %s (%s), greatest with %s (%s).", m.Name,
			groups[low].Name, figure.FormatNumber(means[low]), groups[high].Name, figure.FormatNumber(means[high]))
	}

	return ""
}

// enclosure says between which bounds the Lipschitz constant of a run's network lies.
func enclosure(t *series.Table) string {
	lower, hasLower := query.EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := query.EndsOf(query.BestCertified(t))
	epoch := figure.FormatInt(lower.LastEpoch)
	switch {
	case hasLower && hasUpper && lower.LastEpoch == upper.LastEpoch:
		return fmt.Sprintf("At epoch %s the Lipschitz constant is at least %s and at most %s.",
			epoch, figure.FormatNumber(lower.Last), figure.FormatNumber(upper.Last))
	case hasLower:
		return fmt.Sprintf("At epoch %s the Lipschitz constant is at least %s.",
			epoch, figure.FormatNumber(lower.Last))
	case hasUpper:
		return fmt.Sprintf("At epoch %s the Lipschitz constant is at most %s.",
			figure.FormatInt(upper.LastEpoch), figure.FormatNumber(upper.Last))
	}
	return ""
}

// peaksInShort says at which widths measures have a peak; empty where none has.
func peaksInShort(groups []runset.Group) string {
	var found []string
	for _, m := range peaking {
		means := meansOf(groups, m)
		if peak, ok := peakOf(means); ok {
			width := strings.TrimPrefix(groups[peak].Name, "width ")
			found = append(found, fmt.Sprintf("%s %s at %s", m.Name, figure.FormatNumber(means[peak]), width))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "Peaks over width: " + strings.Join(found, ", ") + "."
}
