//go:build unix

package watch

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// TestDamageCostsItsRun damages the files of a run in many ways. The page of the set still shows
// the other runs, reports the damage, and is not delayed.
func TestDamageCostsItsRun(t *testing.T) {
	for name, damage := range map[string]func(folder string) error{
		"a damaged line": func(folder string) error {
			return os.WriteFile(filepath.Join(folder, rundir.SeriesFile), []byte("{\"liptrack_series\":1}\n{nothing\n"), 0o644)
		},
		"a pipe": func(folder string) error { return syscall.Mkfifo(filepath.Join(folder, rundir.SeriesFile), 0o644) },
		"a status that is a pipe": func(folder string) error {
			return syscall.Mkfifo(filepath.Join(folder, rundir.StatusFile), 0o644)
		},
		"a torn status": func(folder string) error {
			return os.WriteFile(filepath.Join(folder, rundir.StatusFile), []byte(`{"sta`), 0o644)
		},
	} {
		dir := t.TempDir()
		record(t, filepath.Join(dir, "e", "good1"), header("good1", "[8]"), 5)
		record(t, filepath.Join(dir, "e", "good2"), header("good2", "[9]"), 5)
		bad := filepath.Join(dir, "e", "bad")
		if err := os.Mkdir(bad, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := damage(bad); err != nil {
			t.Fatal(err)
		}

		address, _ := serve(t, dir, "0")
		status, page := get(t, address+"/e/")
		if status != http.StatusOK || !strings.Contains(page, "good1") || !strings.Contains(page, "good2") || !strings.Contains(page, "damaged") {
			t.Errorf("%s: status %d; the page lacks a good run, or does not say what is wrong", name, status)
		}
		if status, _ := get(t, address+"/e/good1/"); status != http.StatusOK {
			t.Errorf("%s: a good run has status %d", name, status)
		}
		if status, page := get(t, address+"/"); status != http.StatusOK || !strings.Contains(page, "3") {
			t.Errorf("%s: the list of experiments has status %d", name, status)
		}
	}
}

// Anything but a folder is rejected, even if opening it would block forever.
func TestOnlyAFolderIsWatched(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	err := syscall.Mkfifo(pipe, 0o644)
	if err != nil {
		t.Fatal(err)
	}

	_, err = New(pipe)
	if err == nil || !strings.Contains(err.Error(), "pipe is no folder") {
		t.Errorf("error %v", err)
	}
}

// TestRunsThatFailedEarlyAreShown shows failed runs without any measurements.
func TestRunsThatFailedEarlyAreShown(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "e", "good"), header("good", "[8]"), 5)
	folder := &rundir.Folder{Path: filepath.Join(dir, "e", "early")}
	if err := os.Mkdir(folder.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := folder.SetStatus(rundir.Status{State: rundir.Failed, Error: "there are no data"}); err != nil {
		t.Fatal(err)
	}
	address, _ := serve(t, dir, "0")
	for _, path := range []string{"/e/", "/e/early/"} {
		if status, page := get(t, address+path); status != http.StatusOK || !strings.Contains(page, "there are no data") {
			t.Errorf("%s: status %d; the page does not say why", path, status)
		}
	}
}

// TestStatesMoveThePage ends a run without further records. Both connected and returning readers
// get an update.
func TestStatesMoveThePage(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "r")
	record(t, run, header("r", "[8]"), 5)
	folder := &rundir.Folder{Path: run}
	if err := folder.SetStatus(rundir.Status{State: rundir.Running}); err != nil {
		t.Fatal(err)
	}
	s, reader, out := readerOf(t, dir, "r")
	s.advance(reader, subject{folder: "r"})
	if err := folder.SetStatus(rundir.Status{State: rundir.Failed, Error: "the disk is full"}); err != nil {
		t.Fatal(err)
	}
	s.advance(reader, subject{folder: "r"})
	if got := out.Body.String(); !strings.Contains(got, "the disk is full") || strings.Contains(got, "reload") {
		t.Errorf("sent %.300s", got)
	}
}

// TestRunsOfTheDeadAreAbandoned checks the state of abandoned runs on their own pages and in the
// list of runs.
func TestRunsOfTheDeadAreAbandoned(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}

	dir := t.TempDir()
	folder := &rundir.Folder{Path: filepath.Join(dir, "r")}
	record(t, folder.Path, header("r", "[8]"), 5)
	worker := rundir.ThisWorker(time.Now())
	worker.PID = dead.Process.Pid
	if err := folder.SetStatus(rundir.Status{State: rundir.Running, Worker: worker}); err != nil {
		t.Fatal(err)
	}

	s, _, _ := readerOf(t, dir, "r")
	table, standing := s.readRun("r/" + rundir.SeriesFile)
	if table.State != string(rundir.Abandoned) || standing.state != rundir.Abandoned {
		t.Errorf("the page says %s and moves as %s, want abandoned", table.State, standing.state)
	}
	if state := s.stateOf("r"); state != rundir.Abandoned {
		t.Errorf("the list says %s, want abandoned", state)
	}
}
