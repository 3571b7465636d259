package plots

import (
	"maps"
	"slices"

	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A clock has the first epochs that were measured, and of the others some this factor apart:
// between them, time is a straight line.
const (
	denseTicks  = 16
	sparseTicks = 1.08
)

// clockOf says when the measured epochs of a run were; nil of a run with fewer than two.
func clockOf(t *series.Table) *page.Clock {
	updates := map[int]int{}
	for c := range query.Curves(t) {
		for i, epoch := range c.Epochs {
			updates[epoch] = c.Steps[i]
		}
	}

	if len(updates) < 2 {
		return nil
	}

	timed := t.Clock != nil && len(t.Clock.Epochs) > 1
	clock, last := &page.Clock{}, 0
	epochs := slices.Sorted(maps.Keys(updates))
	for i, epoch := range epochs {
		dense := i < denseTicks || float64(epoch) > sparseTicks*float64(last)
		if !dense && i != len(epochs)-1 {
			continue
		}

		last = epoch
		clock.Epochs = append(clock.Epochs, epoch)
		clock.Updates = append(clock.Updates, updates[epoch])
		if timed {
			clock.Seconds = append(clock.Seconds, t.Clock.At(epoch))
		}
	}

	return clock
}
