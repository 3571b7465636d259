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

// Finding returns one short sentence on the main result of a run or of a set; empty if nothing that
// could give one was measured. The pages say more.
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

	// The test loss first: it is what most readers sweep for.
	for _, m := range append([]runset.Measure{finalTest}, peaking...) {
		if least, greatest := extremesOf(groups, m); least != "" {
			return fmt.Sprintf("The %s is %s, %s.", m.Name, least, greatest)
		}
	}

	return ""
}

// enclosure returns the sentence on the bounds between which the Lipschitz constant of a run's
// network lies.
func enclosure(t *series.Table) string {
	lower, hasLower := query.EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := query.EndsOf(query.BestCertified(t))
	atLeast, atMost := "at least "+figure.FormatNumber(lower.Last), "at most "+figure.FormatNumber(upper.Last)
	switch {
	// Bounds of different epochs are of different networks and enclose nothing.
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
	return fmt.Sprintf(
		"At epoch %s the Lipschitz constant is %s.",
		figure.FormatInt(epoch),
		enclosed,
	)
}
