package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/ensemble"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// A group is a set of finished runs that differ only in their seeds, sorted by seed.
type group struct {
	hash string // of the configuration with seed 0
	runs []groupRun
}

type groupRun struct {
	Outcome
	header series.Header
}

// measureEnsembles measures every group of two or more runs at their last checkpoints and writes
// the series that do not exist yet.
func measureEnsembles(ctx context.Context, outcomes []Outcome, records []rundir.Record) error {
	var errs []error
	data := &datasets{limit: 1}
	for _, g := range groups(outcomes, records) {
		if ctx.Err() != nil {
			break
		}
		err := panics.Catch(func() error { return g.measureGroup(data) })
		if err != nil {
			errs = append(
				errs,
				fmt.Errorf("ensemble of run %s and its like: %w", g.runs[0].Run.Name, err),
			)
		}
	}

	return errors.Join(errs...)
}

// groups returns the groups of two or more runs that were trained to the end.
func groups(outcomes []Outcome, records []rundir.Record) []group {
	headers := map[string]series.Header{}
	for _, r := range records {
		headers[r.Path] = r.Table.Header
	}

	var all []group
	for _, o := range outcomes {
		// Bias and variance describe trained networks: one that was interrupted or diverged would
		// dominate them.
		if o.Folder == nil || !o.Status.Trained() {
			continue
		}

		header, read := headers[o.Folder.Series()]

		// For a run from another machine there may be a series but no checkpoints.
		_, err := os.Stat(o.Folder.LastCheckpoint())
		if !read || err != nil {
			continue
		}

		shared := *o.Run.Config
		// Runs that differ only in the seed have the same hash once the seed is set to 0.
		shared.Train.Seed = 0
		hash := config.Hash(&shared)
		at := slices.IndexFunc(all, func(g group) bool { return g.hash == hash })
		if at < 0 {
			at = len(all)
			all = append(all, group{hash: hash})
		}

		all[at].runs = append(all[at].runs, groupRun{o, header})
	}

	// Runs end in any order, and the series must not depend on it.
	for _, g := range all {
		slices.SortFunc(
			g.runs,
			func(a, b groupRun) int {
				return cmp.Compare(a.header.Seed, b.header.Seed)
			},
		)
	}

	return slices.DeleteFunc(all, func(g group) bool { return len(g.runs) < 2 })
}

// header describes the origin of an ensemble's numbers: the settings that its runs share, and its
// networks.
func (g group) header() series.Header {
	h := g.runs[0].header
	h.Format = series.Format
	// The ensemble itself has no seed.
	h.Run, h.Seed, h.ConfigHash = g.hash, 0, g.hash
	h.Config = maps.Clone(h.Config)
	delete(h.Config, "seed")
	h.Versions, h.BLAS = Versions(), Kernels()
	for _, r := range g.runs {
		h.Members = append(
			h.Members,
			series.Member{Run: r.header.Run, Seed: r.header.Seed, Epoch: r.Status.Epochs},
		)
	}

	return h
}

// measureGroup writes the series of a group, unless one for the same networks already exists.
func (g group) measureGroup(data *datasets) error {
	header := g.header()
	folder := g.runs[0].Folder.Ensembles()
	path := filepath.Join(folder, g.hash+rundir.EnsembleEnding)

	// The header lists the networks and their last epochs, so equal headers mean the same
	// measurement.
	if t, err := series.ReadFile(path); err == nil && reflect.DeepEqual(t.Header, header) {
		return nil
	}

	samples, err := g.samples(data)
	if err != nil {
		return err
	}

	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}

	// The point is recorded at the last epoch of any run; a warning says so if the runs differ.
	epoch, step := g.last()
	return wholefile.Write(path, func(w io.Writer) error {
		out := series.NewWriter(w)
		return errors.Join(
			out.WriteHeader(header),
			out.Append(epoch, step, samples...),
			out.Flush(),
		)
	})
}

// last returns the largest last epoch of the runs and the largest number of updates.
func (g group) last() (epoch, step int) {
	for _, r := range g.runs {
		epoch, step = max(epoch, r.Status.Epochs), max(step, r.Status.Steps)
	}
	return epoch, step
}

// samples measures the networks of a group.
func (g group) samples(data *datasets) ([]series.Sample, error) {
	c := g.runs[0].Run.Config
	d, err := data.get(c, g.runs[0].Run.Dir)
	if err != nil {
		return nil, err
	}

	points := ensemble.Points{Train: d.Train.X, Test: d.Test.X}
	// With a temperature other than 1, the targets belong to other outputs than those measured.
	if strings.HasPrefix(c.Train.Loss.String(), "mse") && c.Train.Temperature == 1 {
		points.Classes = d.Test.Labels
	}

	if d.IsRegression() {
		points.Classes, points.Targets, points.TargetNames = nil, d.Test.Y, namesOfTargets(d)
		if d.TargetScale != nil {
			points.TargetUnits = d.TargetScale.Std
		}
	}

	var nets []*network.Network
	for _, r := range g.runs {
		// A flipped bit in a network goes unnoticed without the checksum.
		saved, err := readCheckpoint(r.Folder.LastCheckpoint())
		if err != nil {
			return nil, err
		}

		net, err := savedNetwork(r, saved, d)
		if err != nil {
			return nil, err
		}

		nets = append(nets, net)
	}

	samples, err := ensemble.Measure(nets, points)
	for i := range samples {
		samples[i].Warning = g.doubt()
	}

	return samples, err
}

// savedNetwork returns the network in a run's last checkpoint. Dense networks are read from the
// file like any model; the trainer builds the others.
func savedNetwork(r groupRun, saved checkpoint, d *dataset.Dataset) (*network.Network, error) {
	c := r.Run.Config
	if c.Train.LayersText() == "" {
		net, _, err := modelfile.Load(r.Folder.LastCheckpoint(), modelfile.Options{})
		return net, err
	}

	return trainer.NetworkOf(trainerConfig(c), d, saved.state)
}

// doubt returns a warning if the runs stopped at different epochs, else an empty string.
func (g group) doubt() string {
	least, most := g.runs[0].Status.Epochs, g.runs[0].Status.Epochs
	for _, r := range g.runs {
		least, most = min(least, r.Status.Epochs), max(most, r.Status.Epochs)
	}
	if least == most {
		return ""
	}
	return fmt.Sprintf(
		"the runs stopped at different epochs, from %d to %d: each is measured at its last",
		least,
		most,
	)
}

// ReadEnsembles reads the ensembles of the runs in the records. It leaves out those that cannot be
// read and returns the errors.
func ReadEnsembles(records []rundir.Record) ([]*series.Table, error) {
	var folders []string
	for _, r := range records {
		folders = append(folders, filepath.Dir(r.Folder().Path))
	}

	// Sort first, so that Compact leaves each folder once.
	slices.Sort(folders)

	var all []*series.Table
	var errs []error
	for _, folder := range slices.Compact(folders) {
		files, err := rundir.EnsemblesIn(os.DirFS(folder), ".")
		if err != nil {
			errs = append(errs, fmt.Errorf("ensembles: %w", err))
		}

		for _, file := range files {
			t, err := series.ReadFile(filepath.Join(folder, file))
			if err != nil {
				errs = append(errs, err)
				continue
			}
			all = append(all, t)
		}
	}

	return all, errors.Join(errs...)
}
