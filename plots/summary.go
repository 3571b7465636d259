package plots

import (
	"fmt"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// A tile is one number of the page's head.
type tile struct{ Name, Value, Note string }

// runSummary says what happened in a run: the model, the data and how far it was trained,
// then what its bounds did.
func runSummary(t *series.Table) []string {
	if len(t.Metrics()) == 0 {
		return []string{describeRun(t) + " Nothing has been recorded yet." + howItEnded(t)}
	}
	paragraphs := append(about([]*series.Table{t}), describeRun(t)+howItEnded(t))
	if bounds := whatTheBoundsDid(t); bounds != "" {
		paragraphs = append(paragraphs, bounds)
	}
	return paragraphs
}

// about is what the runs' common configuration says of the experiment.
func about(tables []*series.Table) []string {
	if text, ok := common(tables, keyAbout); ok && text != "" {
		return []string{text}
	}
	return nil
}

// describeRun says what was trained on what, as far as the configuration tells.
func describeRun(t *series.Table) string {
	config := t.Header.Config
	model := "A network"
	if hidden := config[keyHidden]; hidden != "" {
		model = "An MLP with hidden layers " + hidden
	}
	var details []string
	if activation := config[keyActivation]; activation != "" {
		details = append(details, activation)
	}
	if p, ok := configInt(t, keyParameters); ok {
		details = append(details, plural(p, "parameter"))
	}
	return model + inBrackets(details) + ", trained on " + describeData(t) + " for " + plural(lastEpoch(t), "epoch") + "."
}

func describeData(t *series.Table) string {
	name := t.Header.Config[keyData]
	if name == "" {
		name = "data"
	}
	var details []string
	if n, ok := configInt(t, keyPoints); ok {
		details = append(details, plural(n, "point"))
	}
	if k, ok := configInt(t, keyClasses); ok {
		details = append(details, fmt.Sprintf("%d classes", k))
	}
	if loss := t.Header.Config[keyLoss]; loss != "" {
		details = append(details, strings.ReplaceAll(loss, "_", " "))
	}
	return name + inBrackets(details)
}

func inBrackets(details []string) string {
	if len(details) == 0 {
		return ""
	}
	return " (" + strings.Join(details, ", ") + ")"
}

// whatTheBoundsDid says how the lower and the best certified upper bound moved and how far
// apart they ended; empty where neither was recorded.
func whatTheBoundsDid(t *series.Table) string {
	var sentences []string
	say := func(format string, a ...any) { sentences = append(sentences, fmt.Sprintf(format, a...)) }
	best := bestCertified(t)
	lower, hasLower := endsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := endsOf(best)
	if hasLower {
		attained := ""
		if at := placeAt(t.Curve(series.LowerBound, ""), lower.lastEpoch); at != nil {
			attained = ", attained " + where(t, at)
		}
		say("The lower bound on the Lipschitz constant %s%s.", lower.moved(), attained)
	}
	if hasUpper {
		say("The best certified upper bound%s %s.", ofWhich(best), upper.moved())
	}
	if gap := finalGap(t); finite(gap) {
		say("At epoch %s the constant lies between the two, a factor of %s apart.", FormatInt(lower.lastEpoch), FormatNumber(gap))
	}
	return strings.Join(sentences, " ")
}

// ofWhich names the bound that is best, unless it is the least of all at every epoch.
func ofWhich(best *series.Curve) string {
	if best.Metric == series.UpperBest {
		return ""
	}
	return ", " + words(best.Metric).name + ","
}

// moved says how a quantity went from its first to its last value.
func (e ends) moved() string {
	if e.firstEpoch == e.lastEpoch {
		return "is " + FormatNumber(e.last)
	}
	return fmt.Sprintf("went from %s to %s (%s)", FormatNumber(e.first), FormatNumber(e.last), FormatFactor(e.growth()))
}

// runTiles are the numbers to see first.
func runTiles(t *series.Table) []tile {
	var tiles []tile
	best := bestCertified(t)
	lower, hasLower := endsOf(t.Curve(series.LowerBound, ""))
	upper, hasUpper := endsOf(best)
	if hasLower {
		tiles = append(tiles, growthTile("Lower bound", lower))
	}
	if hasUpper {
		tiles = append(tiles, growthTile("Best certified upper bound", upper))
	}
	if gap := finalGap(t); finite(gap) {
		tiles = append(tiles, tile{"Gap, upper / lower", FormatFactor(gap), FormatFactor(upper.first/lower.first) + " at the start"})
	}
	for _, m := range []struct{ name, test, train string }{
		{"Test loss", series.TestLoss, series.TrainLoss},
		{"Test accuracy", series.TestAccuracy, series.TrainAccuracy},
	} {
		if test, ok := endsOf(t.Curve(m.test, "")); ok {
			note := ""
			if train, ok := endsOf(t.Curve(m.train, "")); ok {
				note = "train " + FormatNumber(train.last)
			}
			tiles = append(tiles, tile{m.name, FormatNumber(test.last), note})
		}
	}
	return tiles
}

func growthTile(name string, e ends) tile {
	if e.firstEpoch == e.lastEpoch {
		return tile{name, FormatNumber(e.last), "at epoch " + FormatInt(e.lastEpoch)}
	}
	return tile{name, FormatNumber(e.last), fmt.Sprintf("%s from %s", FormatFactor(e.growth()), FormatNumber(e.first))}
}
