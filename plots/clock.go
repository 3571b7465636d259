package plots

import (
	"maps"
	"slices"

	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A clock keeps the first denseTicks epochs that were measured; later ones are at least a factor of
// sparseTicks apart. Between its ticks the page interpolates time linearly.
const (
	denseTicks  = 16
	sparseTicks = 1.08
)

// clockOf returns the updates and seconds at which the epochs of a run were measured, or nil if
// fewer than two were.
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
		// The last epoch is always kept, so that the whole axis can be converted.
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
