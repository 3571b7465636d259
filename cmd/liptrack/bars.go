package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/liptrack/liptrack/experiments"
)

// bars draws a progress bar for the current run of each worker, and one for all runs of a set.
type bars struct {
	calls    sync.Mutex // serialises calls of observed runs; mpb is called with no other lock held
	progress *mpb.Progress
	all      *mpb.Bar  // nil for a single run
	workers  []*worker // in order of appearance

	mu     sync.Mutex // guards the contents of the lines
	course *course
}

// worker is a line of the display.
type worker struct {
	bar   *mpb.Bar
	begun time.Time
	from  int // the epoch at which the run began or resumed
	at    experiments.Progress
	told  time.Time // when at was last set
	busy  bool
}

const (
	allUnits     = 1000                  // length of the bar of all runs
	drawInterval = 50 * time.Millisecond // minimum time between updates of a line
)

func newBars(w io.Writer, c *course) *bars {
	b := &bars{progress: mpb.New(mpb.WithOutput(w), mpb.WithWidth(12)), course: c}
	// The line of all runs stays below the workers' lines, however many there are.
	if c.runs > 1 {
		b.all = b.addBar(1<<20, func() string { return "all runs" }, c.progressText)
		b.all.SetTotal(allUnits, false)
	}
	return b
}

// addBar adds a line with texts on both sides of its bar, which never ends by itself.
func (b *bars) addBar(priority int, name, state func() string) *mpb.Bar {
	locked := func(text func() string) func(decor.Statistics) string {
		return func(decor.Statistics) string {
			b.mu.Lock()
			defer b.mu.Unlock()
			return text()
		}
	}
	return b.progress.AddBar(0, mpb.BarPriority(priority),
		mpb.PrependDecorators(decor.Any(locked(name), decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(locked(state))))
}

func (b *bars) Progress(p experiments.Progress) {
	b.calls.Lock()
	defer b.calls.Unlock()
	w := b.workerOf(p)
	now := time.Now()
	// Small networks finish thousands of epochs per second, and drawing a line takes locks.
	if now.Sub(w.told) < drawInterval {
		return
	}

	b.mu.Lock()
	w.at, w.told = p, now
	b.course.progress(p)
	done := b.course.fraction()
	b.mu.Unlock()
	// mpb calls back for the texts, and the callbacks lock b.mu, so it must not be held here.
	w.bar.SetCurrent(int64(p.Epoch))
	b.setAll(done)
}

// workerOf returns the line of a run: its own, an idle line, or a new one.
func (b *bars) workerOf(p experiments.Progress) *worker {
	var w *worker
	// A line is reused when its worker begins another run.
	for _, other := range b.workers {
		switch {
		case other.busy && other.at.Run == p.Run:
			return other
		case !other.busy && w == nil:
			w = other
		}
	}

	if w == nil {
		w = &worker{}
		b.workers = append(b.workers, w)
		w.bar = b.addBar(len(b.workers), func() string {
			return w.at.Run
		}, w.progressText)
	}

	b.mu.Lock()
	// The speed is measured anew for every run.
	w.begun, w.from, w.busy, w.at, w.told = time.Now(), p.Epoch, true, p, time.Time{}
	b.mu.Unlock()
	w.bar.SetTotal(int64(max(p.Epochs, 1)), false)

	return w
}

// progressText returns the progress and speed of the run and the latest measurements.
func (w *worker) progressText() string {
	if !w.busy {
		return "ended"
	}
	text := fmt.Sprintf("%d/%d", w.at.Epoch, w.at.Epochs)
	// Epochs from before a run resumed say nothing about its speed now.
	done, elapsed := w.at.Epoch-w.from, time.Since(w.begun)
	if done > 0 {
		left := time.Duration(float64(elapsed) / float64(done) * float64(w.at.Epochs-w.at.Epoch))
		text += fmt.Sprintf("  %.0f/s  %s left",
			float64(done)/elapsed.Seconds(), roughly(left))
	}
	return text + "  " + measured(w.at)
}

func (b *bars) setAll(done float64) {
	if b.all != nil {
		b.all.SetCurrent(int64(done * allUnits))
	}
}

func (b *bars) Finished(o experiments.Outcome) {
	b.calls.Lock()
	defer b.calls.Unlock()
	b.mu.Lock()
	for _, w := range b.workers {
		if w.at.Run == o.Run.Name {
			w.busy = false
		}
	}

	b.course.finished(o)
	done := b.course.fraction()
	b.mu.Unlock()
	b.setAll(done)
	if b.course.shows(o) {
		fmt.Fprintln(plain{b.progress}, ending(o))
	}
}

func (b *bars) note(text string) {
	b.calls.Lock()
	defer b.calls.Unlock()
	fmt.Fprintf(plain{b.progress}, "note: %s\n", text)
}

func (b *bars) close() {
	// Wait would block, because lines never end by themselves.
	for _, w := range b.workers {
		w.bar.Abort(true)
	}
	if b.all != nil {
		b.all.Abort(true)
	}
	b.progress.Wait()
}
