package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// begin creates the folder of a run with a series of one point and, unless it is zero, a status.
func begin(t *testing.T, path string, status Status) *Folder {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	var b bytes.Buffer
	w := series.NewWriter(&b)
	header := series.Header{Experiment: "e", Run: filepath.Base(path), ConfigHash: "hash"}
	point := series.Sample{Metric: series.LowerBound, Value: 2, Kind: series.Lower}
	if err := errors.Join(w.WriteHeader(header), w.Append(0, 0, point), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Series(), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if status.State != "" {
		if err := f.SetStatus(status); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestStateIsWhatTheFolderSays(t *testing.T) {
	dir := t.TempDir()
	for _, state := range recorded {
		f := begin(t, filepath.Join(dir, string(state)), Status{State: state, ConfigHash: "hash"})
		if r, err := ReadRecord(f.Series()); err != nil || r.Table.State != string(state) || len(r.Table.Metrics()) != 1 {
			t.Errorf("%s: %+v, error %v", state, r, err)
		}
	}

	for name, status := range map[string]Status{"no status": {}, "another's": {State: Completed, ConfigHash: "other"}} {
		f := begin(t, filepath.Join(dir, name), status)
		if r, err := ReadRecord(f.Series()); err != nil || r.Table.State != string(Unknown) || r.Status.State != "" {
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
	}
}

// TestRunsThatFailedEarlyAreRead reads runs without a series, from this release and from older
// ones.
func TestRunsThatFailedEarlyAreRead(t *testing.T) {
	for name, header := range map[string]*series.Header{"new": {Experiment: "e", Run: "new", Seed: 3}, "old": nil} {
		f := begin(t, filepath.Join(t.TempDir(), "e", name), Status{State: Failed, Error: "no data", Header: header})
		if err := os.Remove(f.Series()); err != nil {
			t.Fatal(err)
		}
		r, err := ReadRecord(f.Series())
		if err != nil || r.Table.State != "failed" || r.Table.Why != "no data" || r.Table.Header.Run != name || r.Table.Header.Experiment != "e" {
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
	}
}

// TestDamageIsNoticed damages every file in turn, which affects only that run.
func TestDamageIsNoticed(t *testing.T) {
	dir := t.TempDir()
	good := begin(t, filepath.Join(dir, "good"), Status{State: Completed, ConfigHash: "hash"})
	damage := map[string]func(f *Folder) error{
		"cut": func(f *Folder) error { return os.Truncate(f.Series(), 10) },
		"shorter than when it stopped": func(f *Folder) error {
			info, err := os.Stat(f.Series())
			if err != nil {
				return err
			}
			return f.SetStatus(Status{State: Completed, ConfigHash: "hash", SeriesBytes: info.Size() + 1})
		},
		"zeros where the end was": func(f *Folder) error {
			raw, err := os.ReadFile(f.Series())
			if err != nil {
				return err
			}
			half := bytes.LastIndexByte(raw[:len(raw)-1], '\n') + 1
			clear(raw[half:])
			return errors.Join(os.WriteFile(f.Series(), raw, 0o644),
				f.SetStatus(Status{State: Completed, ConfigHash: "hash", SeriesBytes: int64(len(raw))}))
		},
		"series gone":       func(f *Folder) error { return os.Remove(f.Series()) },
		"series a folder":   func(f *Folder) error { return errors.Join(os.Remove(f.Series()), os.Mkdir(f.Series(), 0o755)) },
		"torn status":       func(f *Folder) error { return os.WriteFile(f.file(StatusFile), []byte(`{"sta`), 0o644) },
		"status of nothing": func(f *Folder) error { return os.WriteFile(f.file(StatusFile), []byte(`{}`), 0o644) },
		"status negative":   func(f *Folder) error { return f.SetStatus(Status{State: Completed, Epochs: -1}) },
	}

	files := []string{good.Series()}
	for name, do := range damage {
		f := begin(t, filepath.Join(dir, name), Status{State: Completed, ConfigHash: "hash"})
		if err := do(f); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRecord(f.Series()); err == nil || !strings.Contains(err.Error(), f.Path) {
			t.Errorf("%s: error %v", name, err)
		}
		files = append(files, f.Series())
	}

	read := 0
	left, err := ReadEach(files, func(Record) error { read++; return nil })
	if err != nil || read != 1 || len(left) != len(damage) {
		t.Errorf("read %d, left out %v, error %v", read, left, err)
	}
	if _, err := ReadEach(files[1:], func(Record) error { return nil }); err == nil {
		t.Error("nothing could be read, and there is no error")
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for _, run := range []string{"a/8-seed1", "a/9-seed1", "b/deeper/4-seed1"} {
		want = append(want, begin(t, filepath.Join(dir, run), Status{State: Completed}).Series())
	}
	failed := begin(t, filepath.Join(dir, "c/failed"), Status{State: Failed})
	if err := os.Remove(failed.Series()); err != nil {
		t.Fatal(err)
	}
	want = append(want, failed.Series())
	if err := os.MkdirAll(filepath.Join(dir, "a", EnsemblesFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", EnsemblesFolder, "1.jsonl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(dir, "a", "loop")); err != nil {
		t.Fatal(err)
	}

	if got, err := Find(dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("below: %v, error %v, want %v", got, err, want)
	}
	if got, err := Find(want[1], filepath.Join(dir, "a")); err != nil || !slices.Equal(got, []string{want[1], want[0]}) {
		t.Errorf("twice: %v, error %v", got, err)
	}
	if got, err := EnsemblesIn(os.DirFS(dir), "a"); err != nil || !slices.Equal(got, []string{"a/ensembles/1.jsonl"}) {
		t.Errorf("ensembles: %v, error %v", got, err)
	}
	if _, err := Find(filepath.Join(dir, "a", EnsemblesFolder)); err == nil || !strings.Contains(err.Error(), SeriesFile) {
		t.Errorf("nothing there: error %v", err)
	}
}

// FuzzStatus reads arbitrary bytes as a status: the result is an error, or a status that is written
// and read back unchanged.
func FuzzStatus(f *testing.F) {
	for _, state := range append(recorded, Unknown) {
		f.Add(fmt.Appendf(nil, `{"state": %q, "config_hash": "1", "epochs": 3, "steps": 9, "series_bytes": 100}`, state))
	}
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"state": "failed", "error": "why", "header": {"run": "r"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseStatus(raw)
		if err != nil {
			return
		}
		if !slices.Contains(recorded, s.State) || s.Epochs < 0 || s.SeriesBytes < 0 {
			t.Errorf("%+v passes", s)
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseStatus(written)
		if second, _ := json.Marshal(again); err != nil || !bytes.Equal(written, second) {
			t.Errorf("%s is read back as %s, error %v", written, second, err)
		}
	})
}
