package trainer

import (
	"context"
	"runtime"
	"sync"
	"testing"
)

// maxAllocations is twice the number of allocations observed in an update of the network below.
// They are small objects for Gorgonia's Let, column sums and boxed values; no array is allocated.
const maxAllocations = 100

func TestUpdatesAllocateLittle(t *testing.T) {
	c := testConfig()
	c.Hidden, c.Shuffle = []int{32, 32}, true
	for name, o := range everyOptimizer {
		c.Optimizer = o
		s := newTestSession[float32](t, c, testData(50, 5, 4))
		update := 0

		allocations := testing.AllocsPerRun(100, func() {
			if _, err := s.update(update/4, update%4, 0.01); err != nil {
				t.Fatal(err)
			}
			update++
		})
		if allocations > maxAllocations {
			t.Errorf("%s: %v allocations an update", name, allocations)
		}
	}
}

func TestTrainingDoesNotGrow(t *testing.T) {
	const (
		updates = 100_000
		// The runtime and other tests may keep this much memory; a leak of 100 bytes per update
		// would exceed it.
		slack = 256 << 10
	)

	s := newTestSession[float32](t, testConfig(), testData(50, 5, 4))
	train := func(n int) {
		for i := range n {
			if _, err := s.update(i/4, i%4, 0.01); err != nil {
				t.Fatal(err)
			}
		}
	}

	train(100)
	heap, goroutines := heapInUse(), runtime.NumGoroutine()
	train(updates)
	if grown := int64(heapInUse()) - int64(heap); grown > slack {
		t.Errorf("%d updates left %d bytes behind", updates, grown)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines after %d updates, %d before", n, updates, goroutines)
	}
	runtime.KeepAlive(s)
}

// A sweep creates hundreds of trainers, which must release their memory and goroutines.
func TestTrainersLeaveNothingBehind(t *testing.T) {
	const trainers, slack = 200, 1 << 20
	train := func() { run(t, t.Context(), newTestTrainer(t, testConfig(), testData(20, 5, 4))) }
	train()
	heap, goroutines := heapInUse(), runtime.NumGoroutine()

	for range trainers {
		train()
	}
	if grown := int64(heapInUse()) - int64(heap); grown > slack {
		t.Errorf("%d trainers left %d bytes behind", trainers, grown)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines after %d trainers, %d before", n, trainers, goroutines)
	}
}

// A run that shares out its products has a spare processor until it ends.
func TestRunsGiveProcessorsBack(t *testing.T) {
	for name, hidden := range map[string]int{"small": 16, "shared out": 2048} {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.Hidden, c.BatchSize, c.Stop.Epochs = []int{hidden, hidden}, 128, 1
			before := runtime.GOMAXPROCS(0)
			tr := newTestTrainer(t, c, testData(128, 5, 4))
			during := 0
			tr.OnEpoch("processors", func(context.Context, *Epoch) error {
				during = runtime.GOMAXPROCS(0)
				return nil
			})

			run(t, t.Context(), tr)
			want := before
			if hidden == 2048 {
				want++
			}
			if after := runtime.GOMAXPROCS(0); during != want || after != before {
				t.Errorf("%d processors, %d during the run, %d after it", before, during, after)
			}
		})
	}
}

// heapInUse returns the size of the reachable memory. The second collection frees what finalizers
// held.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Trainers that run in parallel on the same data set end in the same state as one at a time.
func TestTrainersRunSideBySide(t *testing.T) {
	data := testData(50, 5, 4)
	var configs []Config
	for _, o := range everyOptimizer {
		c := testConfig()
		c.Optimizer, c.Shuffle, c.Float64, c.Stop.Epochs = o, true, len(configs)%2 == 1, 20
		configs = append(configs, c)
	}

	together := make([]*Trainer, len(configs))
	var group sync.WaitGroup
	for i, c := range configs {
		group.Go(func() {
			tr, err := New(c, data)
			if err != nil {
				t.Error(err)
				return
			}
			tr.OnEpoch("evaluate", evaluating)
			if _, err := tr.Run(t.Context()); err != nil {
				t.Error(err)
			}
			together[i] = tr
		})
	}

	group.Wait()
	for i, c := range configs {
		alone := newTestTrainer(t, c, data)
		run(t, t.Context(), alone)
		checkSameState(t, together[i].State(), alone.State())
	}
}
