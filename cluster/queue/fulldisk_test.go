//go:build linux

package queue

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
)

// TestAServerWhoseDiskIsFull checks that the server reports it and ends. Restarted with free space,
// it continues, as does the waiting worker.
func TestAServerWhoseDiskIsFull(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("none", small, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no small disk can be had here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(small, syscall.MNT_DETACH) })

	e, want := load(t, "model.hidden=[300,300] seed=1,2 stop.epochs=6 checkpoint.every=1"), t.TempDir()
	if _, err := experiments.Run(t.Context(), experiments.List(e.Runs), experiments.Local{Dir: want}, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	at := Place{Listen: freeAddress(t), Queue: DefaultQueue}
	serve := func() *Host {
		h, err := Open(t.Context(), small, e.Runs, at, Options{Hold: quickHold, SameKernels: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}

	h := serve()
	var workers sync.WaitGroup
	work(t, h.URL(), &workers)
	limited, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := h.Wait(limited)
	if !errors.Is(err, errStorage) && !experiments.IsOfMachine(err) {
		t.Errorf("the server ends with %v", err)
	}
	h.Close()

	if err := syscall.Mount("none", small, "tmpfs", syscall.MS_REMOUNT, "size=200m"); err != nil {
		t.Fatal(err)
	}
	h = serve()
	defer h.Close()
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Dismiss(context.Background())
	workers.Wait()
	compareRuns(t, e, want, small)
}
