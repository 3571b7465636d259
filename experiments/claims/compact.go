package claims

import (
	"bufio"
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Budget selects the form of an experiment: the quick form or the paper's own setting.
type Budget string

const (
	Quick Budget = "quick"
	Full  Budget = "full"
)

// Budgets lists the budgets by precedence of their verdicts.
var Budgets = []Budget{Full, Quick}

// mostEpochs is the number of epochs of a curve that rules see at each budget. It is the same for
// new runs and for results that ship with the program.
var mostEpochs = map[Budget]int{Full: 200, Quick: 24}

// kept holds the results of earlier runs, at each budget, that ship with the program.
//
//go:embed evidence
var kept embed.FS

// Kept returns the results of an experiment that ship with the program, without runs if there are
// none.
func Kept(budget Budget, experiment string) (Experiment, error) {
	f, err := kept.Open(keptPath(budget, experiment))
	// An experiment that was never run has no file.
	if errors.Is(err, fs.ErrNotExist) {
		return Experiment{}, nil
	}

	if err != nil {
		return Experiment{}, err
	}

	defer f.Close()

	x, err := ReadExperiment(f)
	x.Kept = true
	if err != nil {
		return x, fmt.Errorf("results of %s that come with the program: %w", experiment, err)
	}

	return x, nil
}

// keptPath returns the path of an experiment's results, relative to the folder of this package.
func keptPath(budget Budget, experiment string) string {
	return path.Join("evidence", string(budget), experiment+".jsonl.gz")
}

// line is a run or an ensemble as one line of a file of results.
type line struct {
	Run      string            `json:"run"`
	Seed     uint64            `json:"seed"`
	State    string            `json:"state"`
	Ensemble bool              `json:"ensemble,omitempty"`
	Config   map[string]string `json:"config"`
	Versions map[string]string `json:"versions,omitempty"`
	Curves   []compactCurve    `json:"curves"`
}

type compactCurve struct {
	Metric string         `json:"metric"`
	Label  string         `json:"label,omitempty"`
	Kind   series.Kind    `json:"kind"`
	Epochs []int          `json:"epochs"`
	Steps  []int          `json:"steps"`
	Values []series.Float `json:"values"`
}

// Compact returns the part of the experiment that rules read: some of the epochs, no metrics of
// single layers, and the keys that describe the setting.
func (x Experiment) Compact(budget Budget) Experiment {
	small := Experiment{Kept: x.Kept}
	for _, r := range x.Runs {
		small.Runs = append(small.Runs, Run{compactTable(r.Table, mostEpochs[budget]), r.State})
	}
	for _, t := range x.Ensembles {
		small.Ensembles = append(small.Ensembles, compactTable(t, mostEpochs[budget]))
	}
	return small
}

// compactTable keeps at most most epochs of every curve, and those chosen for other curves.
func compactTable(t *series.Table, most int) *series.Table {
	// The same epochs are chosen for all curves, since rules compare curves at common epochs.
	epochs := map[int]bool{}
	for _, c := range curvesOf(t) {
		for _, i := range evenly(len(c.Epochs), most) {
			epochs[c.Epochs[i]] = true
		}
	}

	// The paper's tables have rows for these epochs.
	for _, epoch := range tableRows {
		epochs[epoch] = true
	}

	header := t.Header
	header.Config = settingOf(t.Header.Config)
	small := series.NewTable(header)
	for _, c := range curvesOf(t) {
		for i, epoch := range c.Epochs {
			if epochs[epoch] {
				sample := series.Sample{
					Metric: c.Metric,
					Label:  c.Label,
					Kind:   c.Kind,
					Value:  sixDigits(c.Values[i]),
				}
				small.Add(series.Point{Epoch: epoch, Step: c.Steps[i], Sample: sample})
			}
		}
	}

	return small
}

// curvesOf lists the curves that rules read, in the table's order.
func curvesOf(t *series.Table) []*series.Curve {
	var all []*series.Curve
	for c := range query.Curves(t) {
		switch c.Metric {
		case series.JacobianQuantile, series.JacobianHistogram, series.GridNorm, series.GridClass:
			continue
		}

		if !strings.HasPrefix(c.Label, "layer=") && !strings.HasPrefix(c.Label, "upto=") {
			all = append(all, c)
		}
	}

	return all
}

// evenly returns at most most of n indices, including the first two and the last.
func evenly(n, most int) []int {
	var chosen []int
	if n <= most {
		for i := range n {
			chosen = append(chosen, i)
		}

		return chosen
	}

	// Rules divide by the value at epoch 0 and begin at the first epoch after it.
	chosen = append(chosen, 0, 1)
	for k := 1; k < most-1; k++ {
		i := 1 + k*(n-2)/(most-2)
		if i > chosen[len(chosen)-1] {
			chosen = append(chosen, i)
		}
	}

	return chosen
}

// settingOf returns the keys that describe the setting.
func settingOf(config map[string]string) map[string]string {
	setting := map[string]string{}
	for key, value := range config {
		section, _, _ := strings.Cut(key, ".")
		switch {
		case section == "data" || section == "model" || section == "train" || section == "stop":
		case strings.HasPrefix(key, "track.linearisation") || strings.HasPrefix(key, "track.probes"):
		default:
			continue
		}

		// Empty defaults would make releases that know a key differ from those that do not.
		if value != "" {
			setting[key] = value
		}
	}

	return setting
}

// sixDigits rounds to six significant digits, which preserves the order of values.
func sixDigits(v float64) series.Float {
	// Rounding is monotone, so a comparison of values does not change its result. No float64 rounds
	// to more than the largest float64, so there is no error.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return series.Float(rounded)
}

// Write writes the experiment as compressed JSON Lines, one line for every run and ensemble.
func (x Experiment) Write(w io.Writer) error {
	zip, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}

	lines := json.NewEncoder(zip)
	for _, r := range x.Runs {
		err := lines.Encode(lineOf(r.Table, r.State, false))
		if err != nil {
			return err
		}
	}

	for _, t := range x.Ensembles {
		err := lines.Encode(lineOf(t, "", true))
		if err != nil {
			return err
		}
	}

	return zip.Close()
}

func lineOf(t *series.Table, state string, ensemble bool) line {
	h := t.Header
	l := line{
		Run:      h.Run,
		Seed:     h.Seed,
		State:    state,
		Ensemble: ensemble,
		Config:   h.Config,
		Versions: h.Versions,
	}
	for _, c := range curvesOf(t) {
		values := make([]series.Float, len(c.Values))
		for i, v := range c.Values {
			values[i] = series.Float(v)
		}
		l.Curves = append(
			l.Curves,
			compactCurve{c.Metric, c.Label, c.Kind, c.Epochs, c.Steps, values},
		)
	}

	return l
}

// ReadExperiment reads the format of Write.
func ReadExperiment(r io.Reader) (Experiment, error) {
	var x Experiment
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return x, err
	}

	// Read one run at a time, so that only the tables take memory.
	lines := json.NewDecoder(zip)
	for number := 1; ; number++ {
		var l line
		err := lines.Decode(&l)
		if errors.Is(err, io.EOF) {
			return x, nil
		}

		if err != nil {
			return x, fmt.Errorf("result %d: %w", number, err)
		}

		t, err := l.table()
		if err != nil {
			return x, fmt.Errorf("result %d, run %s: %w", number, l.Run, err)
		}

		if l.Ensemble {
			x.Ensembles = append(x.Ensembles, t)
			continue
		}

		x.Runs = append(x.Runs, Run{t, l.State})
	}
}

func (l line) table() (*series.Table, error) {
	t := series.NewTable(
		series.Header{
			Run:      l.Run,
			Seed:     l.Seed,
			Config:   l.Config,
			Versions: l.Versions,
		},
	)
	for _, c := range l.Curves {
		if len(c.Epochs) != len(c.Values) || len(c.Steps) != len(c.Values) {
			return nil, fmt.Errorf(
				"%s has %d values at %d epochs",
				c.Metric,
				len(c.Values),
				len(c.Epochs),
			)
		}
		for i, v := range c.Values {
			t.Add(series.Point{
				Epoch: c.Epochs[i],
				Step:  c.Steps[i],
				Sample: series.Sample{
					Metric: c.Metric,
					Label:  c.Label,
					Kind:   c.Kind,
					Value:  v,
				},
			})
		}
	}

	return t, nil
}
