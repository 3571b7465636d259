// Package processors shares out the machine's processors between what computes: one to each
// training that runs, the others to whatever part of a computation asks first. Who gets one changes
// no result.
package processors

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/panics"
)

var (
	computations atomic.Int32 // that called Occupy
	helpers      atomic.Int32 // processors taken beside theirs
)

// spare is the processor of the Go runtime that nobody computes on.
var spare struct {
	sync.Mutex
	wanted int // by so many; it is there if anybody wants it
}

// Count returns the number of goroutines that can compute at once: GOMAXPROCS, less the spare one
// if there is one.
func Count() int {
	spare.Lock()
	defer spare.Unlock()
	return runtime.GOMAXPROCS(0) - min(spare.wanted, 1)
}

// Occupy keeps a processor for the caller, whose computation is a long one, until it calls release.
// A computation that does not call it is taken for the only one.
func Occupy() (release func()) {
	computations.Add(1)
	return func() { computations.Add(-1) }
}

// take takes a processor that is free and says whether there was one.
func take() bool {
	// Counted first and looked at then, so that two who come at once cannot both take the last one.
	if helpers.Add(1)+max(1, computations.Load()) <= int32(Count()) {
		return true
	}
	helpers.Add(-1)
	return false
}

func give() { helpers.Add(-1) }

// Each calls f(0) … f(n−1), on as many goroutines as there are processors free.
func Each(n int, f func(int)) {
	var next atomic.Int64
	work := func() {
		// Indices are handed out one by one: what is left goes to whoever is free.
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}

	var group panics.Group
	for range n - 1 {
		if !take() {
			break
		}

		defer give()
		group.Go(work)
	}

	work()
	group.Wait()
}

// EachUntil calls f(0) … f(n−1) as Each does, until one of them fails or the context ends, and
// returns the first error.
func EachUntil(ctx context.Context, n int, f func(int) error) error {
	var failed atomic.Bool
	var once sync.Once
	var first error
	// Each cannot be told to stop, so what is left after a failure returns at once.
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

// KeepSpare gives the Go runtime a processor beyond Count, until all who called it have called
// release. It is for when all others will be busy with BLAS: where no processor is idle, the
// runtime takes away that of a goroutine which has been in a call for 20 µs and has a further
// thread look for work on it, which gets in the way of those that have some. Two trainings of width
// 1024 at once, on two processors, take 0.84 of the time with it.
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
