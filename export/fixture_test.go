package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

var update = flag.Bool("update", false, "write the golden files anew")

// write writes a run into a folder of its own and returns the path of its series.
func write(t *testing.T, h series.Header, state string, stop int, points []series.Point) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), h.Run)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := series.NewWriter(&b)
	if err := w.WriteHeader(h); err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		if err := w.Append(p.Epoch, p.Step, p.Sample); err != nil {
			t.Fatal(err)
		}
	}

	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "series.jsonl")
	put(t, path, b.String())
	if state != "" {
		put(t, filepath.Join(folder, rundir.StatusFile), fmt.Sprintf(`{"state":%q,"config_hash":%q,"epochs":%d}`, state, h.ConfigHash, stop))
	}
	return path
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func point(epoch int, metric, label string, v float64) series.Point {
	return series.Point{Epoch: epoch, Step: 8 * epoch, Sample: series.Sample{Metric: metric, Label: label, Value: series.Float(v), Kind: series.Exact}}
}

func header(run string, seed uint64, hidden string) series.Header {
	return series.Header{Experiment: "exp", Run: run, Seed: seed, ConfigHash: "id-" + run, Config: map[string]string{
		"name": "exp", "seed": fmt.Sprint(seed), "model.hidden": hidden, "train.optimizer.lr": "0.1", "description": "about " + run}}
}

// fixture writes four runs: two seeds of one width, a diverged run and an unfinished one of another
// width.
func fixture(t *testing.T) []string {
	t.Helper()
	a := []series.Point{
		point(0, series.TestLoss, "", 3), point(0, series.LowerBound, "", 1), point(0, series.LowerBound, "on=correct", 0.5), point(0, series.SpectralNorm, "layer=10", 2),
		point(0, series.SpectralNorm, "layer=9", 1), point(1, series.TestLoss, "", 1), point(2, series.TestLoss, "", 1), point(2, series.LowerBound, "", 4), point(3, series.TestLoss, "", 2),
	}

	b := []series.Point{point(0, series.TestLoss, "", 5), point(0, series.LowerBound, "", 2), point(2, series.TestLoss, "", 4), point(2, series.LowerBound, "", 6)}
	c := []series.Point{point(0, series.TestLoss, "", 1.0/3), point(0, series.LowerBound, "", 1e-300), point(1, series.TestLoss, "", math.NaN()), point(1, series.LowerBound, "", math.Inf(1))}
	c[3].Warning = `not finite, "really"`
	d := []series.Point{point(0, series.TestLoss, "", 7)}
	cut := write(t, header("unfinished", 2, "[16]"), "", 0, d)
	raw, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	put(t, cut, string(raw)+`{"epoch":1,"st`)
	return []string{
		cut, write(t, header("second", 2, "[8, 8]"), "completed", 2, b), write(t, header("diverged", 1, "[16]"), "diverged", 1, c),
		write(t, header("first", 1, "[8, 8]"), "converged", 5, a),
	}
}

func read(t *testing.T, path string) rundir.Record {
	t.Helper()
	r, err := rundir.ReadRecord(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func options(t *testing.T, metrics, at string) Options {
	t.Helper()
	o := Options{Metrics: []Pattern{Whole}, Best: Criterion{Metric: series.TestLoss}}
	var err error
	if metrics != "" {
		if o.Metrics, err = ParsePatterns(metrics); err != nil {
			t.Fatal(err)
		}
	}
	if o.At, err = ParseSelectors(at); err != nil {
		t.Fatal(err)
	}
	return o
}

func gather(t *testing.T, o Options, paths []string) *Runs {
	t.Helper()
	runs := NewRuns(o)
	for _, p := range paths {
		runs.Add(read(t, p))
	}
	return runs
}

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		put(t, path, string(got))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
	}
}

// cells returns the rows of a table, encoded as JSON and decoded again.
func cells(t *testing.T, table Table) []map[string]any {
	t.Helper()
	var b bytes.Buffer
	w, err := NewJSONL(&b, table.Columns)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.WriteRows(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	for dec := json.NewDecoder(&b); dec.More(); {
		var row map[string]any
		if err := dec.Decode(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}

	return rows
}
