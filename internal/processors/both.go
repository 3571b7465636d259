package processors

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/liptrack/liptrack/internal/panics"
)

// Both calls two functions, in parallel if a processor is free for the second. If no helper has
// started the second by the time the first returns, the caller runs it too.
func Both(first, second func()) {
	if !takeProcessor() {
		first()
		second()
		return
	}

	defer give()
	t := &task{do: second, done: make(chan struct{}, 1)}
	// Handing the task to a helper that is awake is far quicker than starting one.
	if h := lookout.Swap(nil); h != nil {
		*h <- t
	} else {
		go help(t)
	}

	first()
	// No helper has started it, so run it here. A helper that comes later finds it claimed.
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

// task is the second function of Both. Whoever claims it runs it.
type task struct {
	do      func()
	claimed atomic.Bool
	done    chan struct{}
	panic   *panics.Panic // what do panicked with, valid after done
}

// call runs the task and keeps its panic, which the waiting caller raises again.
func (t *task) call() {
	defer func() { t.panic = panics.From(recover()) }()
	t.do()
}

func (t *task) claim() bool {
	return t.claimed.CompareAndSwap(false, true)
}

// lookout is the channel on which an idle helper waits for its next task; nil if no helper waits.
var lookout atomic.Pointer[chan *task]

// help runs a task, then any further ones that arrive before its patience runs out.
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
			// If the lookout is already taken, its taker is about to send a task: wait for that.
			if lookout.CompareAndSwap(&found, nil) {
				return
			}
			t = <-found
		}
	}
}

// patience is how long a waiting goroutine spins before it sleeps. A training produces its next
// task within a fraction of this time, and waking a sleeping processor takes some 50 µs.
const patience = time.Millisecond

// watch spins until it receives from c or patience runs out; came reports whether it received. It
// yields the processor to any other goroutine that can run.
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
