package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/plots/picture"
	"github.com/liptrack/liptrack/tracker/series"
)

// pictures describes charts to write as files. svg and png are folders; empty means none of that
// format.
type pictures struct {
	svg, png string
	sweeps   []free.Sweep
	options  picture.Options
}

func (p pictures) asked() bool {
	return p.svg != "" || p.png != ""
}

// writePictures writes every chart of the records as a picture in each requested format, and prints
// a pattern that matches their paths.
func (p pictures) writePictures(w io.Writer, records []rundir.Record) error {
	for _, to := range []struct{ folder, ending string }{{p.svg, ".svg"}, {p.png, ".png"}} {
		if to.folder == "" {
			continue
		}

		if err := os.MkdirAll(to.folder, 0o755); err != nil {
			return err
		}

		err := p.fill(to.folder, to.ending, records)
		if err != nil {
			return err
		}

		fmt.Fprintln(w, filepath.Join(to.folder, "*"+to.ending))
	}

	return nil
}

func (p pictures) fill(folder, ending string, records []rundir.Record) error {
	var tables []*series.Table
	for _, r := range records {
		tables = append(tables, r.Table)
	}

	// A damaged ensemble only loses its own chart; the error is returned after the others are
	// drawn.
	ensembles, incomplete := experiments.ReadEnsembles(records)
	charts := plots.SetFigures(tables, ensembles...)
	if len(tables) == 1 {
		charts = plots.RunFigures(tables[0])
	}

	draw := func(name string, panels ...*figure.Figure) error {
		return picture.Write(filepath.Join(folder, name+ending), p.options, panels...)
	}

	for _, s := range p.sweeps {
		panels, err := free.Figures(tables, s)
		if err != nil {
			return err
		}

		if err := draw(s.Name(), panels...); err != nil {
			return err
		}
	}

	for _, f := range charts {
		if f.Dims != nil {
			// Parallel coordinates are only readable on a screen.
			continue
		}

		err := draw(f.ID, f)
		if err != nil {
			return err
		}
	}

	// A series from another program may have none of the paper's metrics, and then there is no such
	// figure.
	panels := plots.PaperPanels(tables)
	if len(panels) == 0 {
		return incomplete
	}

	return errors.Join(incomplete, draw("paper", panels...))
}
