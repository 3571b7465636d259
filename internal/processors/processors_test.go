package processors

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// with sets GOMAXPROCS to n for the rest of the test, regardless of the machine. Afterwards it
// checks that all processors were given back.
func with(t *testing.T, n int) {
	t.Helper()
	was := runtime.GOMAXPROCS(n)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(was)
		if left := helpers.Load(); left != 0 {
			t.Errorf("%d processors were not given back", left)
		}
	})
}

func TestBothDoesEachOnce(t *testing.T) {
	for _, n := range []int{1, 2, 4} {
		with(t, n)
		var group sync.WaitGroup
		for range 3 * n { // more callers than processors
			group.Go(func() {
				for range 300 {
					var a, b, c atomic.Int32
					Both(func() { a.Add(1) }, func() { Both(func() { b.Add(1) }, func() { c.Add(1) }) })
					if a.Load() != 1 || b.Load() != 1 || c.Load() != 1 {
						t.Errorf("called %d, %d and %d times", a.Load(), b.Load(), c.Load())
					}
				}
			})
		}

		group.Wait()
	}
}

// The first cannot end before the second has begun.
func TestBothIsSideBySide(t *testing.T) {
	with(t, 2)
	for range 100 { // a new helper, one that waits, one that has left
		begun := make(chan bool)
		Both(func() { <-begun }, func() { close(begun) })
	}
	time.Sleep(2 * patience)
	begun := make(chan bool)
	Both(func() { <-begun }, func() { close(begun) })
}

func TestBothInTurnWhereAllProcessorsAreOccupied(t *testing.T) {
	with(t, 2)
	defer Occupy()()
	defer Occupy()()
	for range 100 {
		over := false
		Both(func() { runtime.Gosched(); over = true }, func() {
			if !over {
				t.Error("the second began before the first was over")
			}
		})
	}
}

func TestEachDoesAllOnce(t *testing.T) {
	with(t, 3)
	for _, n := range []int{0, 1, 2, 1000} {
		var atOnce, most atomic.Int32
		calls := make([]atomic.Int32, n)
		Each(n, func(i int) {
			if k := atOnce.Add(1); k > most.Load() {
				most.Store(k)
			}
			calls[i].Add(1)
			runtime.Gosched()
			atOnce.Add(-1)
		})

		for i := range calls {
			if k := calls[i].Load(); k != 1 {
				t.Errorf("n = %d: f(%d) was called %d times", n, i, k)
			}
		}
		if most.Load() > 3 {
			t.Errorf("%d at once on 3 processors", most.Load())
		}
	}
}

func TestSpareIsNotCounted(t *testing.T) {
	with(t, 2)
	expect := func(of int) {
		t.Helper()
		if Count() != 2 || runtime.GOMAXPROCS(0) != of {
			t.Errorf("%d processors of %d, want 2 of %d", Count(), runtime.GOMAXPROCS(0), of)
		}
	}

	releaseFirst := KeepSpare()
	expect(3)
	releaseSecond := KeepSpare()
	expect(3)
	releaseFirst()
	expect(3)
	releaseSecond()
	expect(2)
}

func TestEachUntilReturnsTheFirstErrorAndStops(t *testing.T) {
	failure := errors.New("third")
	calls := 0
	with(t, 1)

	err := EachUntil(t.Context(), 10, func(i int) error {
		calls++
		if i == 3 {
			return failure
		}
		return nil
	})

	if err != failure || calls != 4 {
		t.Errorf("%v after %d calls, want %v after 4", err, calls, failure)
	}
}

func TestEachUntilEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	err := EachUntil(ctx, 3, func(int) error {
		t.Error("called after the context had ended")
		return nil
	})

	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
