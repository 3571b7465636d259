package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/tracker/series"
)

// newDisplay returns a display of the progress of runs: bars in a terminal, plain lines elsewhere,
// and no output if quiet.
func newDisplay(w io.Writer, c *course, quiet bool) display {
	if quiet {
		w = io.Discard
	}
	// Bars redraw their lines, which would be garbage in a file or a pipe.
	if p, ok := w.(plain); ok && isTerminal(p.to) {
		return newBars(p.to, c)
	}
	return &lines{
		w:       w,
		course:  c,
		last:    map[string]time.Time{},
		started: map[string]time.Time{},
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

type display interface {
	experiments.Observer
	// note shows a message on its own line.
	note(text string)
	// close is called after all runs have ended.
	close()
}

// lines prints a line for each run every few seconds, and one at its end with the progress of the
// set.
type lines struct {
	mu            sync.Mutex
	w             io.Writer
	course        *course
	started, last map[string]time.Time
}

const lineInterval = 5 * time.Second

func (l *lines) Progress(p experiments.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	// The first report starts the clock, since a rate needs two reports.
	if _, ok := l.started[p.Run]; !ok {
		l.started[p.Run], l.last[p.Run] = now, now
		l.course.progress(p)
	}

	// The log of a long sweep should not grow by a line per epoch.
	if now.Sub(l.last[p.Run]) < lineInterval {
		return
	}

	l.last[p.Run] = now
	l.course.progress(p)
	rate := float64(p.Epoch) / now.Sub(l.started[p.Run]).Seconds()
	fmt.Fprintf(
		l.w,
		"%s  epoch %d/%d  %.0f epochs/s  %s\n",
		p.Run,
		p.Epoch,
		p.Epochs,
		rate,
		measured(p),
	)
}

func (l *lines) Finished(o experiments.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.course.finished(o)
	if !l.course.shows(o) {
		return
	}
	if l.course.runs > 1 {
		fmt.Fprintf(l.w, "[%s]  ", l.course.progressText())
	}
	fmt.Fprintln(l.w, ending(o))
}

func (l *lines) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "note: %s\n", text)
}

func (l *lines) close() {}

// measured formats the latest loss and bounds, or the progress of a long measurement.
func measured(p experiments.Progress) string {
	if p.ToMeasure > 0 {
		return fmt.Sprintf("measuring %d of %d points", p.Measured, p.ToMeasure)
	}
	return fmt.Sprintf(
		"loss %s  lower %s  upper %s",
		latestValue(p, series.TrainLoss),
		latestValue(p, series.LowerBound),
		latestValue(p, series.UpperBest, series.UpperProduct),
	)
}

// latestValue formats the latest value of the first metric that has been measured.
func latestValue(p experiments.Progress, metrics ...string) string {
	for _, metric := range metrics {
		if v, ok := p.Latest[metric]; ok {
			return fmt.Sprintf("%.4g", v)
		}
	}
	return "–"
}

// ending returns a line on the outcome of a run.
func ending(o experiments.Outcome) string {
	s := o.Status
	epochs := count(s.Epochs, "epoch")

	switch {
	case o.Busy:
		return fmt.Sprintf("%s  another process is working on it", o.Run.Name)
	case o.Err != nil:
		return fmt.Sprintf("%s  failed", o.Run.Name)
	case o.Skipped:
		return fmt.Sprintf("%s  already %s, after %s", o.Run.Name, s.State, epochs)
	default:
		return fmt.Sprintf("%s  %s after %s  (training %.1f s, tracking %.1f s)",
			o.Run.Name, s.State, epochs, s.TrainSeconds, s.TrackSeconds)
	}
}
