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

// bars draws a line for each worker, of the run that it is at, and one for all runs of a set.
type bars struct {
	calls    sync.Mutex // lets one observed run in at a time; mpb is called with it alone
	progress *mpb.Progress
	all      *mpb.Bar  // nil for a single run
	workers  []*worker // in the order in which they were first seen

	mu     sync.Mutex // guards what lines show
	course *course
}

// worker is a line of the display.
type worker struct {
	bar   *mpb.Bar
	begun time.Time
	from  int // the epoch at which it was
	at    experiments.Progress
	told  time.Time // when at was last set
	busy  bool
}

const (
	allUnits     = 1000                  // of the bar of all runs
	drawInterval = 50 * time.Millisecond // what happens in between is not shown
)

func newBars(w io.Writer, c *course) *bars {
	b := &bars{progress: mpb.New(mpb.WithOutput(w), mpb.WithWidth(12)), course: c}
	// The line of all runs stands below those of the workers, however many they become.
	if c.runs > 1 {
		b.all = b.add(1<<20, func() string { return "all runs" }, c.text)
		b.all.SetTotal(allUnits, false)
	}
	return b
}

// add adds a line that never ends by itself, with a text on either side of its bar.
func (b *bars) add(priority int, name, state func() string) *mpb.Bar {
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
	// Small networks end thousands of epochs a second, and each line drawn takes locks.
	if now.Sub(w.told) < drawInterval {
		return
	}

	b.mu.Lock()
	w.at, w.told = p, now
	b.course.progress(p)
	done := b.course.fraction()
	b.mu.Unlock()
	// mpb calls back for the texts, which take b.mu: it must not be held here.
	w.bar.SetCurrent(int64(p.Epoch))
	b.setAll(done)
}

// workerOf returns the line of a run: its own, that of a worker that has ended its run, or a new
// one.
func (b *bars) workerOf(p experiments.Progress) *worker {
	var w *worker
	// A line is used again when its worker begins another run.
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
		w.bar = b.add(len(b.workers), func() string {
			return w.at.Run
		}, w.text)
	}

	b.mu.Lock()
	// A worker that takes another run measures its speed anew.
	w.begun, w.from, w.busy, w.at, w.told = time.Now(), p.Epoch, true, p, time.Time{}
	b.mu.Unlock()
	w.bar.SetTotal(int64(max(p.Epochs, 1)), false)

	return w
}

// text says how far the run is, how fast it goes, and what was measured last.
func (w *worker) text() string {
	if !w.busy {
		return "ended"
	}
	text := fmt.Sprintf("%d/%d", w.at.Epoch, w.at.Epochs)
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
	// Lines never end by themselves, and Wait would wait for them.
	for _, w := range b.workers {
		w.bar.Abort(true)
	}
	if b.all != nil {
		b.all.Abort(true)
	}
	b.progress.Wait()
}
