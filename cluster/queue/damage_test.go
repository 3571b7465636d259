package queue

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// A file damaged while the server is down fails only its run, with advice, and the next run is
// lent.
func TestDamageInServedFoldersCostsItsRun(t *testing.T) {
	half := func(text []byte) []byte { return text[:len(text)/2] }
	empty := func([]byte) []byte { return nil }
	flipped := func(text []byte) []byte { text[len(text)-20] ^= 1; return text }

	for name, test := range map[string]struct {
		file   string
		damage func([]byte) []byte
		want   string
	}{
		"an empty series":      {rundir.SeriesFile, empty, "no header"},
		"a torn series":        {rundir.SeriesFile, half, "bytes, but the last checkpoint belongs to"},
		"an empty checkpoint":  {lastName, empty, "is damaged"},
		"a torn checkpoint":    {lastName, half, "is damaged"},
		"a flipped checkpoint": {lastName, flipped, "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			e, dir := load(t, "model.hidden=3,4 stop.epochs=2"), t.TempDir()
			victim, other := e.Runs[0], e.Runs[1]
			_, err := experiments.Run(
				t.Context(),
				experiments.List(e.Runs[:1]),
				experiments.Local{Dir: dir},
				experiments.Options{},
			)
			if err != nil {
				t.Fatal(err)
			}

			// A run without a status counts as in progress.
			folder := experiments.Local{Dir: dir}.Folder(victim)
			err = os.Remove(filepath.Join(folder.Path, rundir.StatusFile))
			if err != nil {
				t.Fatal(err)
			}

			rewrite(t, filepath.Join(folder.Path, filepath.FromSlash(test.file)), test.damage)
			s, err := newServer(e.Runs, newFolders(dir), Options{})
			if err != nil {
				t.Fatal(err)
			}

			ask := question{Kind: askClaim, From: thisTenant(), Run: keyOf(victim), Lease: "a", Delivery: 1}
			a := s.answer(context.Background(), ask)
			status, _, err := folder.Status()
			if err != nil || a.Verdict != ended || status.State != rundir.Failed {
				t.Fatalf("%+v, %+v, error %v, want it to have failed", a, status, err)
			}

			for _, want := range []string{test.want, "remove the run's folder"} {
				if !strings.Contains(status.Error, want) {
					t.Errorf("%s does not say %s", status.Error, want)
				}
			}

			ask.Run, ask.Lease = keyOf(other), "b"
			if a := s.answer(context.Background(), ask); a.Verdict != granted {
				t.Errorf("the other run: %+v", a)
			}
		})
	}
}

// Any damage to the list of runs is reported with advice.
func TestDamagedListsOfRuns(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"torn":      func(text []byte) []byte { return text[:len(text)/2] },
		"nothing":   func([]byte) []byte { return []byte("{}") },
		"of zeros":  func(text []byte) []byte { return make([]byte, len(text)) },
		"of others": func(text []byte) []byte { return []byte(strings.Replace(string(text), "victim/", "someone/", 1)) },
	} {
		e, dir := load(t, "model.hidden=3,4"), t.TempDir()
		err := freeze(dir, e.Runs)
		if err != nil {
			t.Fatal(err)
		}

		own := filepath.Join(dir, rundir.QueueFolder)
		rewrite(t, filepath.Join(own, "runs.json"), damage)
		err = freeze(dir, e.Runs)
		if err == nil || !strings.Contains(err.Error(), "is not as it was written") || !strings.Contains(err.Error(), "remove") {
			t.Errorf("%s: %v", name, err)
			continue
		}

		err = os.RemoveAll(own)
		if err == nil {
			err = freeze(dir, e.Runs)
		}

		if err != nil {
			t.Errorf("%s, after what it says: %v", name, err)
		}
	}
}

// If any of the queue's own files is damaged, a server either starts, or names the folder to remove
// and then starts.
func TestDamagedStores(t *testing.T) {
	e, dir := load(t, "model.hidden=3,4 stop.epochs=2"), t.TempDir()
	open := func() error {
		h, err := Open(t.Context(), dir, e.Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{})
		return errors.Join(err, h.Close())
	}

	store := filepath.Join(dir, rundir.QueueFolder, storeFolder)
	random := rand.New(rand.NewPCG(1, 2))

	for range 12 {
		err := open()
		if err != nil {
			t.Fatal(err)
		}

		files := filesBelow(t, store)
		file := files[random.IntN(len(files))]
		rewrite(t, file, func(text []byte) []byte {
			if len(text) == 0 || random.IntN(3) == 0 {
				return text[:len(text)/2]
			}
			text[random.IntN(len(text))] ^= 1 << random.IntN(8)
			return text
		})

		err = open()
		if err == nil {
			continue
		}

		if !strings.Contains(err.Error(), store) || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s is damaged: %v", file, err)
		}

		err = os.RemoveAll(store)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// filesBelow returns all files below a folder.
func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rewrite changes the contents of a file.
func rewrite(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, change(text), 0o644)
	}

	if err != nil {
		t.Fatal(err)
	}
}
