package series

import "sort"

// A Clock says how long a run had taken by the ends of its measured epochs.
type Clock struct {
	Epochs []int // ascending
	// Seconds run from the start of the run: training and measuring, over all of its sessions.
	Seconds []float64
	// Measuring is the part of the last of Seconds that went into measurements.
	Measuring float64
}

// At returns the time of an epoch or, if it was not measured, of the last epoch before it; 0 before
// the first.
func (c *Clock) At(epoch int) float64 {
	after := sort.SearchInts(c.Epochs, epoch+1)
	if after == 0 {
		return 0
	}
	return c.Seconds[after-1]
}

// Total returns how long the run took so far; 0 without a clock.
func (c *Clock) Total() float64 {
	if c == nil || len(c.Seconds) == 0 {
		return 0
	}
	return c.Seconds[len(c.Seconds)-1]
}
