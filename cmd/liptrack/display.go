package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"liptrack/experiments"
	"liptrack/tracker/series"
)

// newDisplay returns what shows how a number of runs go: bars in a terminal, plain lines
// elsewhere, nothing if quiet.
func newDisplay(w io.Writer, runs int, quiet bool) display {
	if quiet {
		return silent{}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newBars(w, runs)
	}
	return &lines{w: w, last: map[string]time.Time{}, started: map[string]time.Time{}}
}

type display interface {
	experiments.Observer
	// close is called when all runs have ended.
	close()
}

type silent struct{}

func (silent) Progress(experiments.Progress) {}
func (silent) Finished(experiments.Outcome)  {}
func (silent) close()                        {}

// lines prints a line for a run every few seconds and one at its end.
type lines struct {
	mu            sync.Mutex
	w             io.Writer
	started, last map[string]time.Time
}

const lineInterval = 5 * time.Second

func (l *lines) Progress(p experiments.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if _, ok := l.started[p.Run]; !ok {
		l.started[p.Run], l.last[p.Run] = now, now
	}
	if now.Sub(l.last[p.Run]) < lineInterval {
		return
	}
	l.last[p.Run] = now
	rate := float64(p.Epoch) / now.Sub(l.started[p.Run]).Seconds()
	fmt.Fprintf(l.w, "%s  epoch %d/%d  %.0f epochs/s  %s\n", p.Run, p.Epoch, p.Epochs, rate, measured(p))
}

func (l *lines) Finished(o experiments.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, ending(o))
}

func (l *lines) close() {}

// measured shows the latest loss and bounds, or how far a long measurement is.
func measured(p experiments.Progress) string {
	if p.ToMeasure > 0 {
		return fmt.Sprintf("measuring %d of %d points", p.Measured, p.ToMeasure)
	}
	return fmt.Sprintf("loss %s  lower %s  upper %s",
		number(p, series.TrainLoss), number(p, series.LowerBound), number(p, series.UpperBest, series.UpperProduct))
}

// number shows the latest value of the first of the metrics that is measured.
func number(p experiments.Progress, metrics ...string) string {
	for _, metric := range metrics {
		if v, ok := p.Latest[metric]; ok {
			return fmt.Sprintf("%.4g", v)
		}
	}
	return "–"
}

// ending says in a line what a run came to.
func ending(o experiments.Outcome) string {
	switch {
	case o.Busy:
		return fmt.Sprintf("%s  another process is working on it", o.Run.Name)
	case o.Err != nil:
		return fmt.Sprintf("%s  failed", o.Run.Name)
	case o.Skipped:
		return fmt.Sprintf("%s  %s before, after %s", o.Run.Name, o.Status.State, count(o.Status.Epochs, "epoch"))
	default:
		return fmt.Sprintf("%s  %s after %s  (training %.1f s, tracking %.1f s)",
			o.Run.Name, o.Status.State, count(o.Status.Epochs, "epoch"), o.Status.TrainSeconds, o.Status.TrackSeconds)
	}
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// bars draws a bar for each run under way, and one for all of a set.
type bars struct {
	mu       sync.Mutex
	progress *mpb.Progress
	all      *mpb.Bar // nil for a single run
	runs     map[string]*bar
}

func newBars(w io.Writer, runs int) *bars {
	b := &bars{progress: mpb.New(mpb.WithOutput(w), mpb.WithWidth(24)), runs: map[string]*bar{}}
	if runs > 1 {
		b.all = b.progress.AddBar(int64(runs), mpb.BarRemoveOnComplete(), mpb.BarPriority(runs),
			mpb.PrependDecorators(
				decor.Name("all runs", decor.WCSyncSpaceR),
				decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
			mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	}
	return b
}

type bar struct {
	bar      *mpb.Bar
	mu       sync.Mutex
	measured string
}

func (b *bars) Progress(p experiments.Progress) {
	b.mu.Lock()
	one, ok := b.runs[p.Run]
	if !ok {
		one = b.add(p)
		b.runs[p.Run] = one
	}
	b.mu.Unlock()
	one.set(measured(p))
	one.bar.SetCurrent(int64(p.Epoch))
}

func (b *bars) add(p experiments.Progress) *bar {
	one := &bar{}
	one.bar = b.progress.AddBar(int64(max(p.Epochs, 1)),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			decor.Name(p.Run, decor.WCSyncSpaceR),
			decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
		mpb.AppendDecorators(
			decor.AverageSpeed(0, "%.0f epochs/s", decor.WCSyncSpace),
			decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace),
			decor.Any(func(decor.Statistics) string { return "  " + one.get() })))
	return one
}

func (b *bar) set(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.measured = s
}

func (b *bar) get() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.measured
}

func (b *bars) Finished(o experiments.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one, ok := b.runs[o.Run.Name]; ok {
		one.bar.Abort(true)
	}
	if b.all != nil {
		b.all.Increment()
	}
	fmt.Fprintln(b.progress, ending(o))
}

func (b *bars) close() {
	if b.all != nil {
		b.all.Abort(true) // runs that were never begun leave it incomplete
	}
	b.progress.Wait()
}
