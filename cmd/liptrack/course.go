package main

import (
	"fmt"
	"time"

	"github.com/liptrack/liptrack/experiments"
)

// course tracks the progress of the runs of a set. Each run has a weight in proportion to the time
// it takes, so that a sweep whose last runs are the largest does not appear nearly done.
type course struct {
	start       time.Time
	runs, ended int
	weights     map[string]float64 // of the runs to do, by name
	left        float64            // weight of runs that have not ended
	done        float64            // weight of runs that ended
	parts       map[string]part    // of runs in progress
}

// part is the completed part of a run.
type part struct {
	from int // epoch at the first report
	done float64
}

// newCourse returns the course of a number of runs. The runs to do have weights.
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
	// The earlier epochs of a resumed run took no time now.
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
	// Runs of other processes, or done before, say nothing about the speed of this process.
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

// fraction returns the completed fraction of the work, from 0 to 1.
func (c *course) fraction() float64 {
	done, left := c.weight()
	if done+left == 0 {
		return 0
	}
	return done / (done + left)
}

// progressText returns the number of ended runs, the elapsed time and the estimated remaining time.
func (c *course) progressText() string {
	elapsed := time.Since(c.start)
	text := fmt.Sprintf("%d/%d  %s", c.ended, c.runs, roughly(elapsed))
	if f := c.fraction(); f > 0 && c.ended < c.runs {
		text += fmt.Sprintf("  about %s left", roughly(time.Duration(float64(elapsed)*(1/f-1))))
	}
	return text
}

// shows reports whether to print the end of a run. In a set, runs that had already ended before
// this command are not printed.
func (c *course) shows(o experiments.Outcome) bool {
	return !o.Skipped || c.runs == 1
}
