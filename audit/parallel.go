package audit

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/processors"
)

// each calls f(0) … f(n−1), on as many goroutines as there are processors free, until one of them
// fails or the context ends. It returns the first error.
func each(ctx context.Context, n int, f func(i int) error) error {
	var failed atomic.Bool
	var once sync.Once
	var first error
	// processors.Each cannot be told to stop, so what is left after a failure returns at once.
	processors.Each(n, func(i int) {
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
