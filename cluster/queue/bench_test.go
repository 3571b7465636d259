package queue

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// BenchmarkOverhead measures the time of the queue for a run that itself takes none: to offer,
// lend, end and remove it, with every status on disk, by one worker and by several at a time.
func BenchmarkOverhead(b *testing.B) {
	for _, workers := range []int{1, 16} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) { benchmarkOverhead(b, workers) })
	}
}

func benchmarkOverhead(b *testing.B, workers int) {
	ctx := context.Background()
	e, err := config.Load(victimConfig, config.Options{
		MaxRuns: 1 << 20, Arguments: []string{"model.hidden=8", fmt.Sprintf("seed=range(%d)", max(b.N, 2))},
	})
	if err != nil {
		b.Fatal(err)
	}
	h, err := Open(ctx, b.TempDir(), e.Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	visits := make([]*Visit, workers)
	for i := range visits {
		at := Place{URL: h.URL(), Queue: DefaultQueue}
		if visits[i], err = Join(ctx, at, WorkerOptions{Scratch: b.TempDir(), Patience: time.Minute}); err != nil {
			b.Fatal(err)
		}
		defer visits[i].Close()
	}

	b.ResetTimer() // the number of runs must be known in advance, which Loop does not provide
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup

	for _, v := range visits {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				run, ok, err := v.Next(ctx)
				if err != nil || !ok {
					b.Error(ok, err)
					return
				}
				v.Done(experiments.Outcome{Run: run, Status: rundir.Status{State: rundir.Completed}})
			}
		})
	}

	all.Wait()
}
