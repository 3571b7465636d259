package audit

import (
	"context"
	"sync"
	"sync/atomic"

	"liptrack/internal/processors"
)

// each calls f(0) … f(n−1), on as many goroutines as there are processors, until one of them fails
// or the context ends. It returns the first error.
func each(ctx context.Context, n int, f func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	var once sync.Once
	var first error
	fail := func(err error) {
		once.Do(func() { first = err })
		next.Store(int64(n))
	}
	for range min(n, processors.Count()) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := ctx.Err(); err != nil {
					fail(err)
				} else if err := f(i); err != nil {
					fail(err)
				}
			}
		})
	}
	group.Wait()
	return first
}
