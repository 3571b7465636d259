package main

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/plots/figure"
)

// TestCourse follows two runs, the second of which takes three times as long, with one run that had
// ended before and one that another process does.
func TestCourse(t *testing.T) {
	c := newCourse(4, map[string]float64{"short": 1, "long": 3, "busy": 100})
	named := func(name string) config.Run { return config.Run{Name: name} }
	check := func(want float64) {
		t.Helper()
		if got := c.fraction(); math.Abs(got-want) > 1e-9 {
			t.Errorf("fraction %v, want %v", got, want)
		}
	}

	check(0)
	c.finished(experiments.Outcome{Run: named("old"), Skipped: true})
	c.finished(experiments.Outcome{Run: named("busy"), Busy: true})
	check(0)
	c.progress(experiments.Progress{Run: "short", Epoch: 50, Epochs: 100}) // resumed at this epoch
	check(0)
	c.progress(experiments.Progress{Run: "short", Epoch: 75, Epochs: 100})
	check(0.5 / 4)
	c.finished(experiments.Outcome{Run: named("short")})
	check(1. / 4)
	c.progress(experiments.Progress{Run: "long", Epoch: 0, Epochs: 10})
	c.progress(experiments.Progress{Run: "long", Epoch: 5, Epochs: 10})
	check(2.5 / 4)
	c.finished(experiments.Outcome{Run: named("long")})
	check(1)
	if c.ended != 4 {
		t.Errorf("%d runs ended", c.ended)
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := figure.FormatInt(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
