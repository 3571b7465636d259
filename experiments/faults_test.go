package experiments_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// interrupted begins the first run of an experiment and stops it, saved, after an epoch.
func interrupted(t *testing.T, e *config.Experiment, dir string, epoch int) *rundir.Folder {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, err := do(ctx, e, dir, experiments.Options{Observe: stopAfter{epoch, cancel}})
	if err != nil || out[0].Status.State != rundir.Cancelled {
		t.Fatalf("%+v, error %v", out, err)
	}
	return out[0].Folder
}

// TestOtherDataDoNotGoOn changes the data file of a run, which must report it and leave everything
// as it is. With the original file, the run continues to the same series.
func TestOtherDataDoNotGoOn(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "points.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	points := "x,y,label\n" + strings.Repeat("0.5,1,a\n-1,0.25,b\n", 20)
	write(points)
	e, err := config.Load("other data", config.Options{Text: "{name: other, data: {name: csv, train: " + file +
		"}, model: {hidden: 4}, train: {optimizer: {lr: 0.1}}, stop: {epochs: 20}}"})
	if err != nil {
		t.Fatal(err)
	}
	runs := func() error {
		_, err := do(t.Context(), e, dir, experiments.Options{})
		return err
	}

	if err := runs(); err != nil {
		t.Fatal(err)
	}
	whole := experiments.Local{Dir: dir}.Folder(e.Runs[0])
	want := read(t, whole.Series())
	if err := whole.Clear(); err != nil {
		t.Fatal(err)
	}

	folder := interrupted(t, e, dir, 9)
	half := read(t, folder.Series())
	write(strings.Replace(points, "0.25", "0.26", 1))
	if err := runs(); !errors.Is(err, experiments.ErrOtherData) {
		t.Errorf("with another file: error %v", err)
	}
	if now := read(t, folder.Series()); string(now) != string(half) {
		t.Error("the series is not left as it was")
	}
	write(points)
	if err := runs(); err != nil {
		t.Fatal(err)
	}
	if now := read(t, folder.Series()); string(now) != string(want) {
		t.Error("with its own file it ends with another series")
	}
}

// TestDamagedSeriesDoNotGoOn damages the series of a checkpoint in several ways. The run must
// report it and leave the file as it is.
func TestDamagedSeriesDoNotGoOn(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"cut a little": func(b []byte) []byte { return b[:len(b)-40] },
		"cut by half":  func(b []byte) []byte { return b[:len(b)/2] },
		"empty":        func([]byte) []byte { return nil },
		"a line less": func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			return append(bytes.Join(append(lines[:3:3], lines[4:]...), nil), bytes.Repeat([]byte(" \n"), 500)...)
		},
		"another digit": func(b []byte) []byte {
			at := bytes.Index(b, []byte(`"value":`)) + len(`"value":`)
			b[at+2] ^= 1
			return b
		},
		"a copy of before": func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] },
	} {
		dir := t.TempDir()
		e := load(t, victimConfig, "model.hidden=8", "stop.epochs=20")
		folder := interrupted(t, e, dir, 7)
		damaged := damage(read(t, folder.Series()))
		if err := os.WriteFile(folder.Series(), damaged, 0o644); err != nil {
			t.Fatal(err)
		}

		_, err := do(context.Background(), e, dir, experiments.Options{})
		if err == nil || !strings.Contains(err.Error(), folder.Series()) || !strings.Contains(err.Error(), "--overwrite") {
			t.Errorf("%s: error %v", name, err)
		}
		if now := read(t, folder.Series()); !bytes.Equal(now, damaged) {
			t.Errorf("%s: the file had %d bytes and has %d", name, len(damaged), len(now))
		}
		if _, err := do(context.Background(), e, dir, experiments.Options{Overwrite: true}); err != nil {
			t.Errorf("%s: beginning anew: %v", name, err)
		}
	}
}

// TestSeriesThatIsCutWhileItIsWritten checks that the run ends at the next epoch, without a gap in
// the file.
func TestSeriesThatIsCutWhileItIsWritten(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, "model.hidden=8", "stop.epochs=20")
	cut := func() {
		path, _ := filepath.Glob(filepath.Join(dir, "*", "*", "series.jsonl"))
		if len(path) != 1 || os.Truncate(path[0], 500) != nil {
			t.Errorf("nothing to cut among %q", path)
		}
	}

	out, err := do(context.Background(), e, dir, experiments.Options{Observe: stopAfter{7, cut}})
	if err == nil || out[0].Status.State != rundir.Failed || !strings.Contains(err.Error(), "has 500 bytes") {
		t.Fatalf("%+v, error %v", out, err)
	}
	if b := read(t, out[0].Folder.Series()); len(b) != 500 {
		t.Errorf("%d bytes, after a cut to 500", len(b))
	}
}

// TestFlippedBitsInCheckpointsAreNoticed flips bits at any position.
func TestFlippedBitsInCheckpointsAreNoticed(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, "model.hidden=8", "stop.epochs=20")
	folder := interrupted(t, e, dir, 7)
	whole := read(t, folder.LastCheckpoint())
	recorded := read(t, folder.Series())

	const flips = 60
	for i := range flips {
		damaged := bytes.Clone(whole)
		damaged[(i*len(damaged))/flips] ^= 1 << (i % 8)
		if err := os.WriteFile(folder.LastCheckpoint(), damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := do(context.Background(), e, dir, experiments.Options{})
		if err == nil || !strings.Contains(err.Error(), folder.LastCheckpoint()) || !strings.Contains(err.Error(), "--overwrite") {
			t.Fatalf("flip %d: error %v", i, err)
		}
		if !bytes.Equal(read(t, folder.Series()), recorded) {
			t.Fatalf("flip %d: the series has changed", i)
		}
	}

	if err := os.WriteFile(folder.LastCheckpoint(), whole, 0o644); err != nil {
		t.Fatal(err)
	}
	want := t.TempDir()
	for _, to := range []string{dir, want} {
		if _, err := do(context.Background(), e, to, experiments.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	compareRuns(t, want, dir)
}

// TestEndedRunsKeepTheirSeries checks that a series that was truncated afterwards is noticed.
func TestEndedRunsKeepTheirSeries(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, small()...)
	out, err := do(context.Background(), e, dir, experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}
	series := read(t, out[0].Folder.Series())
	if err := os.Truncate(out[0].Folder.Series(), int64(bytes.LastIndexByte(series[:len(series)-1], '\n')+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := do(context.Background(), e, dir, experiments.Options{}); err == nil || !strings.Contains(err.Error(), out[0].Folder.Series()) {
		t.Errorf("error %v", err)
	}
}

// sweepOfThree returns three finished runs with their reports.
func sweepOfThree(t *testing.T) (outcomes []experiments.Outcome, set string) {
	t.Helper()
	dir := t.TempDir()
	e := load(t, victimConfig, "stop.epochs=5", "model.hidden=2,3,4")
	outcomes, err := do(context.Background(), e, dir, experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := experiments.Reports(context.Background(), outcomes, true); err != nil {
		t.Fatal(err)
	}
	return outcomes, filepath.Join(filepath.Dir(outcomes[0].Folder.Path), rundir.ReportFile)
}

// TestPagesAreLeftAlone checks that pages are kept if their series have not changed.
func TestPagesAreLeftAlone(t *testing.T) {
	outcomes, set := sweepOfThree(t)
	pages := []string{outcomes[0].Folder.Report(), outcomes[1].Folder.Report(), set}
	infoOf := func(path string) os.FileInfo {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}

	rewritten := func() (which []int) {
		var before []os.FileInfo
		for _, page := range pages {
			before = append(before, infoOf(page))
		}
		if _, err := experiments.Reports(context.Background(), outcomes, true); err != nil {
			t.Fatal(err)
		}
		for i, page := range pages {
			if !os.SameFile(before[i], infoOf(page)) {
				which = append(which, i)
			}
		}
		return which
	}

	if which := rewritten(); len(which) > 0 {
		t.Errorf("nothing changed, and pages %v were written again", which)
	}
	if err := os.Chtimes(outcomes[1].Folder.Series(), time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if which := rewritten(); len(which) != 2 || which[0] != 1 || which[1] != 2 {
		t.Errorf("one series changed, and pages %v were written again, want 1 and 2", which)
	}
	if err := os.Remove(set); err != nil {
		t.Fatal(err)
	}
	if _, err := experiments.Reports(context.Background(), outcomes, true); err != nil || infoOf(set).Size() == 0 {
		t.Errorf("error %v", err)
	}
}

// TestDamageCostsItsRun checks that the other runs and the set still have their pages.
func TestDamageCostsItsRun(t *testing.T) {
	for _, name := range []string{rundir.SeriesFile, rundir.StatusFile} {
		outcomes, set := sweepOfThree(t)
		bad := filepath.Join(outcomes[1].Folder.Path, name)
		if err := os.WriteFile(bad, []byte("{nothing\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{set, outcomes[2].Folder.Report()} {
			if err := os.Remove(page); err != nil {
				t.Fatal(err)
			}
		}

		paths, err := experiments.Reports(context.Background(), outcomes, true)
		if err == nil || !strings.Contains(err.Error(), bad) || len(paths) != 3 {
			t.Errorf("%s: %v, error %v", name, paths, err)
		}
		if page := read(t, set); !bytes.Contains(page, []byte(outcomes[2].Run.Name)) || bytes.Contains(page, []byte(outcomes[1].Run.Name)) {
			t.Errorf("%s: the page of the set has the damaged run, or lacks a good one", name)
		}
	}
}

// TestReportsEndWithTheirContext cancels the context at any stage.
func TestReportsEndWithTheirContext(t *testing.T) {
	outcomes, _ := sweepOfThree(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if paths, err := experiments.Reports(ctx, outcomes, true); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, error %v", paths, err)
	}
}

// TestManyFailuresInARowEndTheProcess, since the machine may be at fault.
func TestManyFailuresInARowEndTheProcess(t *testing.T) {
	dir := t.TempDir()
	text := "name: none\ndata: {name: csv, path: " + dir + ", test_fraction: 0.5, train: absent.csv}\nmodel: {hidden: 4}\n" +
		"train: {optimizer: {lr: 0.1}}\nstop: {epochs: 2}\nsweep: {parameters: {seed: {values: [1, 2, 3, 4, 5, 6]}}}\n"
	file := filepath.Join(dir, "none.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := do(context.Background(), load(t, file), dir, experiments.Options{Workers: 1, MaxFailuresInRow: 3})
	if err == nil || !strings.Contains(err.Error(), "3 runs in a row failed") || len(out) != 3 {
		t.Errorf("%d runs were begun, error %v", len(out), err)
	}
}
