package processors

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/liptrack/liptrack/internal/panics"
)

// Both calls two functions, side by side if a processor is free for the second. If nobody has begun
// with it when the first is done, the caller does it too.
func Both(first, second func()) {
	if !take() {
		first()
		second()
		return
	}

	defer give()
	t := &task{do: second, done: make(chan struct{}, 1)}
	// A helper that is awake is far quicker than one that has to be started.
	if h := lookout.Swap(nil); h != nil {
		*h <- t
	} else {
		go help(t)
	}

	first()
	// Nobody has begun with it: done here, and whoever comes to it finds it claimed.
	if t.claim() {
		second()
		return
	}

	if _, came := watch(t.done); !came {
		<-t.done
	}

	if t.panic != nil {
		panic(t.panic)
	}
}

// task is a second function, which whoever claims it does.
type task struct {
	do      func()
	claimed atomic.Bool
	done    chan struct{}
	panic   *panics.Panic // of do, once it is done
}

// call does the task. A panic is for whoever waits for it.
func (t *task) call() {
	defer func() { t.panic = panics.From(recover()) }()
	t.do()
}

func (t *task) claim() bool {
	return t.claimed.CompareAndSwap(false, true)
}

// lookout is where a helper that has done its task looks out for another; nil if none does.
var lookout atomic.Pointer[chan *task]

// help does a task and those that come soon after.
func help(t *task) {
	found := make(chan *task, 1)
	for t.claim() {
		t.call()
		t.done <- struct{}{}
		if !lookout.CompareAndSwap(nil, &found) {
			return
		}

		var came bool
		if t, came = watch(found); !came {
			// Whoever took the lookout away in between has a task to send: it must be waited for.
			if lookout.CompareAndSwap(&found, nil) {
				return
			}
			t = <-found
		}
	}
}

// patience is how long who waits for somebody else does so on his processor: a training has the
// next task within a fraction of it, and to wake a processor that sleeps takes some 50 µs.
const patience = time.Millisecond

// watch receives from c, if anything comes soon, and leaves the processor meanwhile to any
// goroutine that wants it.
func watch[T any](c <-chan T) (v T, came bool) {
	for start := time.Now(); time.Since(start) < patience; runtime.Gosched() {
		select {
		case v = <-c:
			return v, true
		default:
		}
	}
	return v, false
}
