package experiments_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// TestShardsMakeTheSameSeries compares shards in one folder, one of them interrupted and restarted,
// with a single process.
func TestShardsMakeTheSameSeries(t *testing.T) {
	const shards = 3
	want, got := t.TempDir(), t.TempDir()
	e := load(t, victimConfig, "model.hidden=2,3,4,[3,3]", "stop.epochs=15")
	if _, err := do(context.Background(), e, want, experiments.Options{}); err != nil {
		t.Fatal(err)
	}

	store := experiments.Local{Dir: got}
	perform := func(ctx context.Context, index int, o experiments.Options) {
		t.Helper()
		source, err := experiments.NewShardSource(got, experiments.Shard{Index: index, Count: shards}, e.Runs)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := experiments.Run(ctx, source, store, o); err != nil {
			t.Error(err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	perform(ctx, 1, experiments.Options{Observe: stopAfter{7, cancel}})
	for index := range shards {
		if _, ended, err := experiments.Gather(store, e.Runs); err != nil || ended {
			t.Errorf("before shard %d all runs have ended: %v, error %v", index, ended, err)
		}
		perform(context.Background(), index, experiments.Options{})
	}

	if all, ended, err := experiments.Gather(store, e.Runs); err != nil || !ended || len(all) != len(e.Runs) {
		t.Errorf("%d outcomes, ended %v, error %v", len(all), ended, err)
	}
	compareRuns(t, want, got)
	files, err := rundir.ReadShards(os.DirFS(got), e.Name)
	if err != nil || len(files) != shards {
		t.Fatalf("%+v, error %v", files, err)
	}
	runs := 0
	for _, s := range files {
		runs += s.Ended
		if s.State != rundir.Completed || s.Ended != s.Runs || s.All != len(e.Runs) {
			t.Errorf("%+v", s)
		}
	}
	if runs != len(e.Runs) {
		t.Errorf("shards ended %d runs of %d", runs, len(e.Runs))
	}

	other := load(t, victimConfig, "model.hidden=2,3,4,[3,3]", "stop.epochs=16")
	if _, err := experiments.NewShardSource(got, experiments.Shard{Index: 0, Count: 3}, other.Runs); err == nil || !strings.Contains(err.Error(), "another sweep") {
		t.Errorf("a folder of another sweep: error %v", err)
	}
}
