package queue

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// BenchmarkOverhead is the time that the queue takes for a run that takes none: to be offered,
// lent, ended and taken off, with every status on disk.
func BenchmarkOverhead(b *testing.B) {
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
	v, err := Join(ctx, Place{URL: h.URL(), Queue: DefaultQueue}, WorkerOptions{Scratch: b.TempDir(), Patience: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()

	b.ResetTimer() // there are as many runs as rounds, so that Loop, which does not tell them, will not do
	for range b.N {
		run, ok, err := v.Next(ctx)
		if err != nil || !ok {
			b.Fatal(ok, err)
		}
		v.Done(experiments.Outcome{Run: run, Status: rundir.Status{State: rundir.Completed}})
	}
}
