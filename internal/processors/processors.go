// Package processors allots the machine's processors: one to each running training, and the rest to
// whichever computation asks first. The allotment never changes a result.
package processors

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/panics"
)

var (
	computations atomic.Int32 // computations that called Occupy and have not released
	helpers      atomic.Int32 // processors taken in addition to theirs
)

// spare is an extra processor of the Go runtime that is kept free of computations.
var spare struct {
	sync.Mutex
	wanted int // number of callers of KeepSpare; the processor exists if it is not 0
}

// Count returns the number of goroutines that can compute at once: GOMAXPROCS without the spare
// processor.
func Count() int {
	spare.Lock()
	defer spare.Unlock()
	return runtime.GOMAXPROCS(0) - min(spare.wanted, 1)
}

// Occupy reserves a processor for the caller's long computation until release is called. If no
// computation has called Occupy, the caller of Both or Each counts as the only one.
func Occupy() (release func()) {
	computations.Add(1)
	return func() { computations.Add(-1) }
}

// takeProcessor reserves a free processor and reports whether there was one.
func takeProcessor() bool {
	// Add before comparing, so that two concurrent callers cannot both take the last processor.
	if helpers.Add(1)+max(1, computations.Load()) <= int32(Count()) {
		return true
	}
	helpers.Add(-1)
	return false
}

func give() { helpers.Add(-1) }

// Each calls f(0) … f(n−1) on the calling goroutine and on one more per free processor.
func Each(n int, f func(int)) {
	var next atomic.Int64
	work := func() {
		// Indices are handed out one at a time, so an idle worker always takes the next one.
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}

	var group panics.Group
	for range n - 1 {
		if !takeProcessor() {
			break
		}

		defer give()
		group.Go(work)
	}

	work()
	group.Wait()
}

// EachUntil calls f(0) … f(n−1) as Each does until a call fails or the context ends, and returns
// the first error.
func EachUntil(ctx context.Context, n int, f func(int) error) error {
	var failed atomic.Bool
	var once sync.Once
	var first error
	// Each cannot be stopped, so after a failure the remaining calls return at once.
	Each(n, func(i int) {
		if failed.Load() {
			return
		}

		err := ctx.Err()
		if err == nil {
			err = f(i)
		}

		if err != nil {
			once.Do(func() { first = err })
			failed.Store(true)
		}
	})

	return first
}

// KeepSpare gives the Go runtime one processor beyond Count until all its callers have called
// release. It is meant for times when BLAS calls keep all others busy: if no processor is idle, the
// runtime retakes the P of a goroutine that has been in a syscall for 20 µs and starts another
// thread for it; that thread competes with the BLAS threads. With KeepSpare, two concurrent
// trainings of width 1024 on two processors take 0.84 of the time.
func KeepSpare() (release func()) {
	want := func(more int) {
		spare.Lock()
		defer spare.Unlock()
		before := min(spare.wanted, 1)
		spare.wanted += more
		change := min(spare.wanted, 1) - before
		if change != 0 {
			runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + change)
		}
	}
	want(1)
	return func() { want(-1) }
}
