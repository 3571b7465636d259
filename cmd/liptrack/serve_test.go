package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/cluster/queue"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// TestStatusOfAServer asks "liptrack serve" for the status as text and JSON, repeats its failed
// run, and stops the server.
func TestStatusOfAServer(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "configs/demo.yaml", "--dir", dir, "--listen", "127.0.0.1:0", "--quiet",
			"stop.epochs=5", "model.hidden=4,8", "seed=1"}, in, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "2 runs of 2 left") {
		t.Fatalf("printed %q, error %v", line, err)
	}
	url := strings.TrimSpace(line[strings.Index(line, "nats://"):])

	v, err := queue.Join(ctx, queue.Place{URL: url, Queue: queue.DefaultQueue}, queue.WorkerOptions{Scratch: t.TempDir(), Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	taken, ok, err := v.Next(ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	v.Done(experiments.Outcome{Run: taken, Err: errors.New("no luck")})

	printed, _, err := liptrack(t, "status", url, "--json")
	var s cluster.Status
	if err == nil {
		err = json.Unmarshal([]byte(printed), &s)
	}
	if err != nil || s.Runs != 2 || s.New != 1 || s.States[rundir.Failed] != 1 || len(s.Workers) != 1 || s.Failures[0].Error != "no luck" {
		t.Errorf("%+v, error %v", s, err)
	}
	if printed, _, err := liptrack(t, "status", url); err != nil || !strings.Contains(printed, "no luck") || !strings.Contains(printed, "worker") {
		t.Errorf("printed %q, error %v", printed, err)
	}
	printed, said, err := liptrack(t, "status", url, "--retry-failed")
	if err != nil || !strings.Contains(said, "1 run will be redone by the server's workers") || !strings.Contains(printed, "2 runs, 2 new") {
		t.Errorf("printed %q and %q, error %v", printed, said, err)
	}

	stop()
	if err := <-ended; !errors.Is(err, errStopped) {
		t.Errorf("stopped, the server ends with %v", err)
	}
	if printed, _, err := liptrack(t, "status", filepath.Join(dir, "demo")); err != nil || !strings.Contains(printed, "2 runs") || !strings.Contains(printed, "worker") {
		t.Errorf("of the folder: printed %q, error %v", printed, err)
	}
	if _, _, err := liptrack(t, "status", url); err == nil || !strings.Contains(err.Error(), url) {
		t.Errorf("without a server: error %v", err)
	}
}
