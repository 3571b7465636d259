package watch

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// setStatus writes the status of a run.
func setStatus(t *testing.T, folder, status string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, rundir.StatusFile), []byte(status), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestStandingIsAPage reads the status page of all experiments and of one: states, shards, workers,
// running runs, and failures with their last lines. The page of the runs links to it.
func TestStandingIsAPage(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "a", "8-seed1"), header("8-seed1", "[8]"), 3)
	setStatus(t, filepath.Join(dir, "a", "8-seed1"), `{"state": "running", "worker": {"host": "desk", "pid": 17, "since": "2026-01-02T03:04:05Z"}}`)
	setStatus(t, filepath.Join(dir, "a", "9"), `{"state": "failed", "epochs": 7, "error": "first line\n<b>last line</b>"}`)
	setStatus(t, filepath.Join(dir, "a", "10"), `{"state": "completed", "train_seconds": 60}`)
	shard := rundir.Shard{Index: 3, Count: 16, All: 20, Runs: 2, Ended: 1, State: rundir.Running, Worker: rundir.ThisWorker(time.Now())}
	if err := shard.Write(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := rundir.NewRunList([]string{"a/8-seed1", "a/9", "a/10"}).Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := cluster.WriteWorkers(dir, []cluster.Worker{{Worker: rundir.Worker{Host: "lab"}, Kernels: "SkylakeX", Ended: 1}}); err != nil {
		t.Fatal(err)
	}

	address, _ := serve(t, dir, "0")
	for path, link := range map[string]string{"/": "./a/8-seed1/", "/a/": "./8-seed1/"} {
		if _, page := get(t, address+path); !strings.Contains(page, `href="?status"`) {
			t.Errorf("%s does not lead to how its runs stand", path)
		}
		status, page := get(t, address+path+"?status")
		since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Local().Format(time.DateTime)
		for _, want := range []string{
			"20 runs, 1 running, 1 completed, 1 failed, 17 new", "3/16", "desk, process 17", since, "SkylakeX", "18m0s",
			"first line\n&lt;b&gt;last line", link,
		} {
			if status != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%s: status %d, without %q", path, status, want)
			}
		}
	}
}

// TestStandingFollows changes the states of runs. The status is cached for a moment if reading it
// is slow.
func TestStandingFollows(t *testing.T) {
	dir := t.TempDir()
	setStatus(t, filepath.Join(dir, "a", "r"), `{"state": "running"}`)
	address, _ := serve(t, dir, "0")
	stream := listen(t, address+"/?status&events&from=0")
	if first := stream.next(); !first.update.Reload {
		t.Errorf("event %+v", first)
	}
	setStatus(t, filepath.Join(dir, "a", "r"), `{"state": "completed"}`)
	if next := stream.next(); !next.update.Reload { // the table of running runs disappears
		t.Errorf("event %+v", next)
	}
	if _, page := get(t, address+"/?status"); !strings.Contains(page, "1 run, 1 completed") {
		t.Error("the page does not say that the run has ended")
	}
}
