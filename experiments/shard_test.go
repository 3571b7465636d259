package experiments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

func TestParseShard(t *testing.T) {
	for _, text := range []string{"0/1", "3/4", "999/1000"} {
		if s, err := ParseShard(text); err != nil || fmt.Sprintf("%d/%d", s.Index, s.Count) != text {
			t.Errorf("%s is %v, error %v", text, s, err)
		}
	}
	for _, text := range []string{"0/0", "4/4", "-1/4", "a/b", "1", "", "1/2/3", "1/", "/2", " 1/2", "99999999999999999999/4"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q passes for %v", text, s)
		}
	}
}

// madeUpRuns returns runs of many lengths.
func madeUpRuns(n int) []config.Run {
	r := rand.New(rand.NewPCG(1, 2))
	runs := make([]config.Run, n)
	for i := range runs {
		c := &config.Config{}
		c.Train.Hidden = []int{1 + r.IntN(1000)}
		c.Train.Stop.Epochs = 1 + r.IntN(5000)
		runs[i] = config.Run{Name: fmt.Sprint(i), Config: c}
	}
	return runs
}

// TestShardsBeyondTheRunsAreEmpty also checks that any number of such shards takes no memory.
func TestShardsBeyondTheRunsAreEmpty(t *testing.T) {
	runs := madeUpRuns(3)
	const count = 1 << 60

	var all []string
	for i := range 5 {
		for _, run := range (Shard{i, count}).Of(runs) {
			all = append(all, run.Name)
		}
	}

	slices.Sort(all)
	if !slices.Equal(all, []string{"0", "1", "2"}) {
		t.Errorf("the first of %d shards have the runs %v", count, all)
	}
}

// TestShardsHaveEveryRunOnce checks that the shards keep the order of the list and have about the
// same amount of work.
func TestShardsHaveEveryRunOnce(t *testing.T) {
	for _, test := range []struct{ runs, shards int }{{0, 3}, {1, 1}, {2, 5}, {7, 3}, {1000, 7}, {2000, 40}} {
		runs := madeUpRuns(test.runs)
		counts := &prices{counts: map[span]int{}}
		seen := map[string]int{}
		least, most, longest := -1.0, 0.0, 0.0

		for i := range test.shards {
			part := Shard{i, test.shards}.Of(runs)
			cost := 0.0
			for _, run := range part {
				seen[run.Name]++
				cost += counts.costOf(run.Config)
				longest = max(longest, counts.costOf(run.Config))
			}
			if least < 0 || cost < least {
				least = cost
			}
			most = max(most, cost)
			if !slices.IsSortedFunc(part, func(a, b config.Run) int { return strings.Compare(pad(a.Name), pad(b.Name)) }) {
				t.Errorf("shard %d of %d is not in the order of the list", i, test.shards)
			}
		}

		for _, run := range runs {
			if seen[run.Name] != 1 {
				t.Errorf("run %s is in %d of %d shards", run.Name, seen[run.Name], test.shards)
			}
		}
		if most-least > longest {
			t.Errorf("%d runs in %d shards: from %g to %g, and the longest run is %g", test.runs, test.shards, least, most, longest)
		}
	}
}

func pad(name string) string { return fmt.Sprintf("%8s", name) }

// BenchmarkShard measures the overhead per run of a shard of 10,000 runs: finding its part of the
// list, handing out the runs, and recording them in the shard's file.
func BenchmarkShard(b *testing.B) {
	runs := madeUpRuns(10_000)
	for i := range runs {
		runs[i].Config.Name = "made-up"
	}
	dir := b.TempDir()
	done := 0
	for b.Loop() {
		source, err := NewShardSource(dir, Shard{3, 200}, runs)
		if err != nil {
			b.Fatal(err)
		}
		for {
			run, ok, err := source.Next(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			if !ok {
				break
			}
			source.Done(Outcome{Run: run, Status: rundir.Status{State: rundir.Completed}})
			done++
		}

		if err := source.Close(); err != nil {
			b.Fatal(err)
		}
	}

	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(done), "µs/run")
}
