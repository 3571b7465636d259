package plots

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// runSummary describes a run: the model, the data and how long it was trained, then what its bounds
// did.
func runSummary(t *series.Table) []string {
	if len(t.Metrics()) == 0 {
		return []string{describeRun(t) + " Nothing has been recorded yet." + howItEnded(t)}
	}
	return withoutEmpty(
		about([]*series.Table{t}),
		describeRun(t)+howItEnded(t),
		whatTheBoundsDid(t),
	)
}

func withoutEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool {
		return text == ""
	})
}

// about returns the description in the runs' common configuration and the settings in which the
// runs deviate from it; empty if there is neither.
func about(tables []*series.Table) string {
	text, _ := query.Common(tables, runset.KeyAbout)
	changed := strings.Join(changedOf(tables), ", ")
	switch {
	case changed == "":
		return text
	case text == "":
		return "Changed on the command line: " + changed + "."
	}
	return strings.TrimSuffix(text, ".") + " (changed: " + changed + ")."
}

// changedOf lists the changes that all runs have relative to their description, and the keys of the
// changes that only some have.
func changedOf(tables []*series.Table) []string {
	count, keys := map[string]int{}, map[string]bool{}
	for _, t := range tables {
		for _, change := range t.Changed {
			count[change]++
		}
	}

	var all []string
	for _, change := range slices.Sorted(maps.Keys(count)) {
		if count[change] < len(tables) {
			change, _, _ = strings.Cut(change, "=")
		}
		if !keys[change] {
			keys[change] = true
			all = append(all, change)
		}
	}
	return all
}

// describeRun describes the model and the data, as far as the configuration gives them.
func describeRun(t *series.Table) string {
	config := t.Header.Config
	model := "A network"
	switch layers, hidden := config[runset.KeyLayers], config[runset.KeyHidden]; {
	case layers != "" && t.Shapes != nil: // the widths are empty then
		if !strings.HasPrefix(layers, "[") {
			model = "The network " + layers
		}
		model += ", from points of " + strings.Join(t.Shapes, " → ")
	case layers != "":
		model = "A network with hidden layers " + layers
	case hidden != "":
		model = "An MLP with hidden layers " + hidden
	}

	bias := ""
	if config[runset.KeyBias] == "false" {
		bias = "no biases"
	}

	details := inBrackets(
		config[runset.KeyActivation],
		bias,
		counted(t, runset.KeyParameters, "parameter"),
	)
	epochs := figure.Plural(query.LastEpoch(t), "epoch")
	return fmt.Sprintf("%s%s, trained on %s for %s.", model, details, describeData(t), epochs)
}

// counted returns a number of the configuration with its noun; empty if the key has no number.
func counted(t *series.Table, key, noun string) string {
	n, ok := query.Int(t, key)
	if !ok {
		return ""
	}
	return figure.Plural(n, noun)
}

// dataName returns the base name of the file of training points if there is one, else the name of
// the data set; empty if the configuration has neither.
func dataName(t *series.Table) string {
	if file := t.Header.Config[runset.KeyTrain]; file != "" {
		return filepath.Base(file)
	}
	return t.Header.Config[runset.KeyData]
}

func describeData(t *series.Table) string {
	classes, standardised := "", ""
	if k, ok := query.Int(t, runset.KeyClasses); ok {
		classes = fmt.Sprintf("%d classes", k)
	}

	if t.Header.Config[runset.KeyStandardize] == "true" {
		standardised = "standardised"
	}

	return cmp.Or(dataName(t), "data") + inBrackets(
		counted(t, runset.KeyPoints, "point"),
		classes,
		counted(t, runset.KeyOutputs, "target"),
		standardised,
		strings.ReplaceAll(t.Header.Config[runset.KeyLoss], "_", " "),
	)
}

// inBrackets joins the non-empty details in parentheses.
func inBrackets(details ...string) string {
	details = withoutEmpty(details...)
	if len(details) == 0 {
		return ""
	}
	return " (" + strings.Join(details, ", ") + ")"
}

// whatTheBoundsDid describes how the lower bound and the best certified bound moved and how far
// apart they ended; empty if neither was recorded.
func whatTheBoundsDid(t *series.Table) string {
	var sentences []string
	say := func(format string, a ...any) {
		sentences = append(sentences, fmt.Sprintf(format, a...))
	}
	best := query.BestCertified(t)
	lower, hasLower := query.EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := query.EndsOf(best)
	if hasLower {
		attained := ""
		if at := placeAt(t.Curve(series.LowerBound, ""), lower.LastEpoch); at != nil {
			attained = ", attained " + where(t, at)
		}

		say("The lower bound on the Lipschitz constant %s%s.", moved(lower), attained)
	}

	if hasUpper {
		say("The best certified upper bound%s %s.", ofWhich(best), moved(upper))
	}

	if gap := query.Gap(t); query.Finite(gap) {
		say(
			"At epoch %s the constant lies between the two, a factor of %s apart.",
			figure.FormatInt(lower.LastEpoch),
			figure.FormatNumber(gap),
		)
	}

	return strings.Join(sentences, " ")
}

// ofWhich names the best bound, unless it is upper_best, the minimum of all bounds at every epoch.
func ofWhich(best *series.Curve) string {
	if best.Metric == series.UpperBest {
		return ""
	}
	return ", " + figure.Words(best.Metric).Name + ","
}

// moved describes how a quantity changed from its first to its last value.
func moved(e query.Ends) string {
	if e.FirstEpoch == e.LastEpoch {
		return "is " + figure.FormatNumber(e.Last)
	}
	return fmt.Sprintf(
		"went from %s to %s (%s)",
		figure.FormatNumber(e.First),
		figure.FormatNumber(e.Last),
		figure.FormatFactor(e.Growth()),
	)
}

// runTiles returns the tiles at the top of a run's page.
func runTiles(t *series.Table) []page.Tile {
	var tiles []page.Tile
	lower, hasLower := query.EndsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := query.EndsOf(query.BestCertified(t))
	if hasLower {
		tiles = append(tiles, growthTile("Lower bound", lower))
	}

	if hasUpper {
		tiles = append(tiles, growthTile("Best certified upper bound", upper))
	}

	if gap := query.Gap(t); query.Finite(gap) {
		start := figure.FormatFactor(upper.First/lower.First) + " at the start"
		tiles = append(
			tiles,
			page.NewTile("Gap, upper / lower", figure.FormatFactor(gap), start),
		)
	}

	for _, m := range []struct{ name, test, train string }{
		{"Test loss", series.TestLoss, series.TrainLoss},
		{"Test accuracy", series.TestAccuracy, series.TrainAccuracy},
		{"Test R²", series.TestR2, series.TrainR2},
	} {
		note := ""
		if train, ok := query.EndsOf(t.Curve(m.train, "")); ok {
			note = "train " + figure.FormatNumber(train.Last)
		}
		if test, ok := query.EndsOf(t.Curve(m.test, "")); ok {
			tiles = append(tiles, page.NewTile(m.name, figure.FormatNumber(test.Last), note))
		}
	}

	return append(tiles, progressTiles(t)...)
}

func growthTile(name string, e query.Ends) page.Tile {
	note := "at epoch " + figure.FormatInt(e.LastEpoch)
	if e.FirstEpoch != e.LastEpoch {
		note = fmt.Sprintf(
			"%s from %s",
			figure.FormatFactor(e.Growth()),
			figure.FormatNumber(e.First),
		)
	}
	return page.NewTile(name, figure.FormatNumber(e.Last), note)
}
