package series

import "sort"

// A Clock records how long a run had taken at the end of each measured epoch.
type Clock struct {
	Epochs []int // ascending
	// Seconds are the times since the start of the run, training and measuring, over all of its
	// sessions.
	Seconds []float64
	// Measuring is the part of the last entry of Seconds that was spent on measurements.
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

// Total returns how long the run has taken so far; 0 without a clock.
func (c *Clock) Total() float64 {
	if c == nil || len(c.Seconds) == 0 {
		return 0
	}
	return c.Seconds[len(c.Seconds)-1]
}
