package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments"
)

// natsServer starts a separate NATS server with JetStream and returns its address.
func natsServer(t *testing.T, token string) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, Authorization: token,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS does not start")
	}
	return s.ClientURL()
}

// TestQueuesShareANATSServer runs two queues in an existing NATS server. Each has its own runs and
// workers, and its server restarts while NATS keeps running.
func TestQueuesShareANATSServer(t *testing.T) {
	ctx := context.Background()
	url := natsServer(t, "a token of some length")
	dir := t.TempDir()
	e := load(t, "model.hidden=8 seed=1,2 stop.epochs=3")
	open := func(dir, queue string, token string) (*Host, error) {
		return Open(ctx, dir, e.Runs, Place{URL: url, Token: token, Queue: queue}, Options{Hold: quickHold})
	}

	if h, err := open(t.TempDir(), "one", "another token of some length"); !errors.Is(err, errNotAdmitted) {
		t.Errorf("with a wrong token: %v, error %v", h, err)
	}
	h, err := open(dir, "one", "a token of some length")
	if err != nil {
		t.Fatal(err)
	}
	other, err := open(t.TempDir(), "two", "a token of some length")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if second, err := open(t.TempDir(), "one", "a token of some length"); err == nil || !strings.Contains(err.Error(), "--queue") {
		second.Close()
		t.Errorf("two servers have one queue: error %v", err)
	}

	at := Place{URL: url, Token: "a token of some length", Queue: "one"}
	v, err := Join(ctx, at, WorkerOptions{Scratch: t.TempDir(), Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := h.Close(); err != nil { // the worker waits for the next server
		t.Fatal(err)
	}
	if h, err = open(dir, "one", "a token of some length"); err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := experiments.Run(ctx, v, v, experiments.Options{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(ctx); err != nil {
		t.Fatal(err)
	}

	want := t.TempDir()
	if _, err := experiments.Run(ctx, experiments.List(e.Runs), experiments.Local{Dir: want}, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	compareRuns(t, e, want, dir)
	if left := other.Left(); left != len(e.Runs) {
		t.Errorf("the other queue has %d runs left, want %d", left, len(e.Runs))
	}
}

// TestFailedRunsAreDoneAgain checks that workers repeat failed runs only after a request.
func TestFailedRunsAreDoneAgain(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	e := load(t, "model.hidden=8 seed=1,2,3")
	h, err := Open(ctx, dir, e.Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	at := Place{URL: h.URL(), Queue: DefaultQueue}
	v := join(t, h.URL())
	defer v.Close()

	fail := func() {
		t.Helper()
		run, ok, err := v.Next(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		v.Done(experiments.Outcome{Run: run, Err: errors.New("first line\nlast line")})
	}

	fail()
	fail()
	s, err := Status(ctx, at)
	if err != nil || len(s.Failures) != 2 || len(s.Workers) != 1 || s.Workers[0].Failed != 2 {
		t.Fatalf("%+v, error %v", s, err)
	}
	if last := s.Failures[0].LastLines; len(last) != 2 || last[1] != "last line" {
		t.Errorf("last lines %q", last)
	}
	if again, err := RetryFailed(ctx, at); err != nil || again != 2 || h.Left() != 3 {
		t.Fatalf("%d runs are to be done again, %d are left, error %v", again, h.Left(), err)
	}
	if s, err := Status(ctx, at); err != nil || len(s.Failures) != 0 {
		t.Errorf("%+v, error %v", s, err)
	}

	for range e.Runs {
		fail()
	}
	if err := h.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := RetryFailed(ctx, at); err == nil || !strings.Contains(err.Error(), "have ended") {
		t.Errorf("asked for after the end: error %v", err)
	}
	if s, err := cluster.Read(dir); err != nil || len(s.Failures) != 3 || len(s.Workers) != 1 || s.Workers[0].Failed != 5 {
		t.Errorf("the folder says %+v, error %v", s, err)
	}
}

// TestStatusReturnsTheServersError removes the server's folder: the client is told that, not that an
// empty answer has the wrong checksum.
func TestStatusReturnsTheServersError(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "runs")
	h, err := Open(ctx, dir, load(t, "model.hidden=8 seed=1").Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()

	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	_, err = Status(ctx, Place{URL: h.URL(), Queue: DefaultQueue})
	if err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("error %v", err)
	}
	if err := os.Rename(dir+"-moved", dir); err != nil {
		t.Fatal(err)
	}
}
