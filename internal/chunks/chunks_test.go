package chunks

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/liptrack/liptrack/internal/panics"
)

func TestEachVisitsEveryPointOnce(t *testing.T) {
	for _, c := range []struct{ points, size, workers int }{{1, 1, 1}, {7, 3, 2}, {128, 128, 4}, {1000, 7, 8}, {0, 4, 2}} {
		visits := make([]atomic.Int32, c.points)
		workers := make([]func(from, n int), c.workers)
		for w := range workers {
			workers[w] = func(from, n int) {
				if from%c.size != 0 || n > c.size {
					t.Errorf("%+v: chunk of %d points from %d", c, n, from)
				}
				for i := range n {
					visits[from+i].Add(1)
				}
			}
		}

		Each(c.points, c.size, workers)

		for i := range visits {
			if n := visits[i].Load(); n != 1 {
				t.Errorf("%+v: point %d was visited %d times", c, i, n)
			}
		}
	}
}

func TestSizeFollowsFromMemory(t *testing.T) {
	for _, c := range []struct{ mb, float64s, want int }{
		{64, 1, Largest},
		{1, 1 << 17, 1},
		{1, 1 << 30, 1},
		{1, 1 << 14, 8},
	} {
		if got := Size(c.mb, c.float64s); got != c.want {
			t.Errorf("Size(%d, %d) = %d, want %d", c.mb, c.float64s, got, c.want)
		}
	}
}

func TestEachPassesPanicsOn(t *testing.T) {
	defer func() {
		if p := panics.From(recover()); p == nil || !strings.Contains(p.Error(), "chunk 3") {
			t.Errorf("recovered %v, want the panic of chunk 3", p)
		}
	}()

	Each(10, 3, []func(from, n int){func(from, _ int) {
		if from == 3 {
			panic("chunk 3")
		}
	}})
}
