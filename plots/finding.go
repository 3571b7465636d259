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
		found := peaks(groups, func(m runset.Measure, means []float64, peak int) string {
			width := strings.TrimPrefix(groups[peak].Name, "width ")
			return fmt.Sprintf("%s %s at %s", m.Name, figure.FormatNumber(means[peak]), width)
		})
		if len(found) > 0 {
			return "Peaks over width: " + strings.Join(found, ", ") + "."
		}
	}

	for _, m := range append([]runset.Measure{finalTest}, peaking...) {
		if least, greatest := extremesOf(groups, m); least != "" {
			return fmt.Sprintf("The %s is %s, %s.", m.Name, least, greatest)
		}
	}

	return ""
}

// enclosure says between which bounds the Lipschitz constant of a run's network lies.
func enclosure(t *series.Table) string {
	lower, hasLower := query.EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := query.EndsOf(query.BestCertified(t))
	atLeast, atMost := "at least "+figure.FormatNumber(lower.Last), "at most "+figure.FormatNumber(upper.Last)
	switch {
	case hasLower && hasUpper && lower.LastEpoch == upper.LastEpoch:
		return atEpoch(lower.LastEpoch, atLeast+" and "+atMost)
	case hasLower:
		return atEpoch(lower.LastEpoch, atLeast)
	case hasUpper:
		return atEpoch(upper.LastEpoch, atMost)
	}
	return ""
}

func atEpoch(epoch int, enclosed string) string {
	return fmt.Sprintf("At epoch %s the Lipschitz constant is %s.", figure.FormatInt(epoch), enclosed)
}
