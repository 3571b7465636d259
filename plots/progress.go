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

// progress is how far a run is.
type progress struct {
	done, of int // epochs; of is 0 if the configuration sets no limit
	// left is an estimate of the remaining seconds at the speed so far; NaN if unknown.
	left float64
}

// progressOf returns how far a run has come according to its series.
func progressOf(t *series.Table) progress {
	p := progress{done: query.LastEpoch(t), left: math.NaN()}
	p.of, _ = query.Int(t, runset.KeyEpochs)
	if t.Clock == nil {
		return p
	}
	took := t.Clock.At(p.done)
	if p.of > p.done && p.done > 0 && took > 0 {
		p.left = took / float64(p.done) * float64(p.of-p.done)
	}
	return p
}

// shareDone returns the fraction of epochs done; NaN if the configuration sets no limit.
func (p progress) shareDone() float64 {
	if p.of <= 0 {
		return math.NaN()
	}
	return min(1, float64(p.done)/float64(p.of))
}

// progressText describes a progress: "1,200 of 4,000 epochs, about 12 s left".
func (p progress) progressText() string {
	text := figure.Plural(p.done, "epoch")
	if p.of > 0 {
		text = fmt.Sprintf("%s of %s", figure.FormatInt(p.done), figure.Plural(p.of, "epoch"))
	}
	if left := remaining(p.left); left != "" {
		text += ", " + left
	}
	return text
}

// remaining describes the remaining time, given in seconds; empty if unknown.
func remaining(left float64) string {
	if !query.Finite(left) {
		return ""
	}
	whole := float64(int(left) + 1) // an estimate is not good to fractions of a second
	return "about " + figure.FormatSeconds(whole) + " left"
}

// progressTiles returns the progress of a run in progress, or how an ended run ended and how long
// it took.
func progressTiles(t *series.Table) []page.Tile {
	if t.State == stateRunning {
		p := progressOf(t)
		tile := page.NewTile("Running", figure.FormatInt(p.done), "epochs so far")
		if s := p.shareDone(); query.Finite(s) {
			tile.Value, tile.Note = fmt.Sprintf("%.0f %%", 100*s), p.progressText()
		}
		return []page.Tile{tile}
	}

	name := "Took"
	if t.State != "" && t.State != stateUnknown {
		name = figure.Capitalised(strings.ReplaceAll(t.State, "_", " ")) + " after"
	}

	total, epochs := t.Clock.Total(), query.LastEpoch(t)
	if total <= 0 {
		return nil
	}

	note := fmt.Sprintf("%.0f\u00a0%% of it measuring", 100*t.Clock.Measuring/total)
	training := total - t.Clock.Measuring
	if epochs > 0 && training > 0 {
		note = fmt.Sprintf(
			"%s epochs a second, %s",
			figure.FormatNumber(float64(epochs)/training),
			note,
		)
	}
	return []page.Tile{page.NewTile(name, figure.FormatSeconds(total), note)}
}

// progressOfAll describes how far the runs of an experiment are: a single one in epochs, several in
// percent. Runs that ended as planned or diverged count as done. It is empty if no limit is set.
func progressOfAll(tables []*series.Table) string {
	var done []float64
	for _, t := range tables {
		p := progressOf(t)
		switch {
		case t.State == stateRunning && len(tables) == 1:
			return p.progressText()
		case endedWell(t) || t.State == "diverged":
			done = append(done, 1)
		case query.Finite(p.shareDone()):
			done = append(done, p.shareDone())
		}
	}

	if len(done) == 0 {
		return ""
	}
	return percentOf(done)
}

// percentOf formats the mean of shares as a percentage.
func percentOf(shares []float64) string {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	return fmt.Sprintf("%.0f %%", 100*sum/float64(len(shares)))
}

// hasEnded reports whether none of the runs records anything more.
func hasEnded(tables []*series.Table) bool {
	return !slices.ContainsFunc(tables, func(t *series.Table) bool {
		return slices.Contains([]string{"", stateUnknown, stateRunning}, t.State)
	})
}

// endedWell reports whether a run reached one of its planned ends.
func endedWell(t *series.Table) bool {
	return slices.Contains([]string{"completed", "converged", "gave_up"}, t.State)
}

// courseSentence describes how far the runs in progress are; empty if none is running.
func courseSentence(tables []*series.Table) string {
	running, longest := 0, math.NaN()
	var done []float64
	for _, t := range tables {
		if t.State != stateRunning {
			continue
		}

		running++
		p := progressOf(t)
		if s := p.shareDone(); query.Finite(s) {
			done = append(done, s)
		}
		// Written so that the first finite value replaces the NaN.
		if !(p.left <= longest) && query.Finite(p.left) {
			longest = p.left
		}
	}

	if running == 0 {
		return ""
	}

	text := fmt.Sprintf(
		"Still running: %s of %s",
		figure.FormatInt(running),
		figure.Plural(len(tables), "run"),
	)
	if len(done) > 0 {
		text += ", with " + percentOf(done) + " of the epochs done"
	}
	if left := remaining(longest); left != "" {
		text += ", " + left
	}
	return text + "."
}
