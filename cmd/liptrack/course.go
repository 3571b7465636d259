package main

import (
	"fmt"
	"time"

	"github.com/liptrack/liptrack/experiments"
)

// course is how far the runs of a set have come. What is left takes time in proportion to its
// weight, as what was done took: that is how a sweep whose runs grow is not taken for nearly done.
type course struct {
	start       time.Time
	runs, ended int
	weights     map[string]float64 // of the runs that there is something to do for, by name
	left        float64            // the weight of runs neither ended nor dropped
	done        float64            // that of runs ended
	parts       map[string]part    // of runs under way
}

// part is how much of a run is done.
type part struct {
	from int // the epoch at which it was when first heard of
	done float64
}

// newCourse begins with a number of runs of which those with a weight are to do.
func newCourse(runs int, weights map[string]float64) *course {
	c := &course{
		start:   time.Now(),
		runs:    runs,
		weights: weights,
		parts:   map[string]part{},
	}
	for _, w := range weights {
		c.left += w
	}
	return c
}

func (c *course) progress(p experiments.Progress) {
	// A resumed run has epochs behind it that took no time now.
	one, known := c.parts[p.Run]
	if !known {
		one.from = p.Epoch
	}
	one.done = float64(p.Epoch-one.from) / float64(max(p.Epochs-one.from, 1))
	c.parts[p.Run] = one
}

func (c *course) finished(o experiments.Outcome) {
	c.ended++
	w := c.weights[o.Run.Name]
	c.left -= w
	// What others do, or did before, says nothing about the speed of this process.
	if !o.Skipped && !o.Busy {
		c.done += w
	}
	delete(c.parts, o.Run.Name)
}

// weight returns the weight done and the weight left.
func (c *course) weight() (done, left float64) {
	done, left = c.done, c.left
	for run, p := range c.parts {
		done += p.done * c.weights[run]
		left -= p.done * c.weights[run]
	}
	return done, max(left, 0)
}

// fraction returns the part of the work that is done, from 0 to 1.
func (c *course) fraction() float64 {
	done, left := c.weight()
	if done+left == 0 {
		return 0
	}
	return done / (done + left)
}

// text says how many runs have ended, since when, and for how long it still goes on.
func (c *course) text() string {
	elapsed := time.Since(c.start)
	text := fmt.Sprintf("%d/%d  %s", c.ended, c.runs, roughly(elapsed))
	if f := c.fraction(); f > 0 && c.ended < c.runs {
		text += fmt.Sprintf("  about %s left", roughly(time.Duration(float64(elapsed)*(1/f-1))))
	}
	return text
}

// shows says whether the end of a run is told: not of those of a set that had ended before.
func (c *course) shows(o experiments.Outcome) bool {
	return !o.Skipped || c.runs == 1
}
