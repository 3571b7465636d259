package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/tracker/series"
)

// mostConcluded is the largest number of runs summarised in a sentence. Reading more series would
// take too long.
const mostConcluded = 200

// conclude prints a sentence on the findings of runs, and how to open their last report. reports
// holds the reports of the runs and then that of their set. It must be the last output.
func conclude(w io.Writer, reports []string) {
	if len(reports) == 0 {
		return
	}

	last := reports[len(reports)-1]

	// The sentence is optional; unreadable runs are reported elsewhere.
	if len(reports) <= mostConcluded {
		var files []string
		// The last report belongs to the set, unless there is only one run.
		for _, path := range reports[:max(1, len(reports)-1)] {
			files = append(files, filepath.Join(filepath.Dir(path), rundir.SeriesFile))
		}

		var tables []*series.Table
		_, err := rundir.ReadEach(files, func(r rundir.Record) error {
			tables = append(tables, r.Table)
			return nil
		})
		finding := plots.Finding(tables)
		if err == nil && finding != "" {
			fmt.Fprintln(w, finding)
		}
	}

	fmt.Fprintln(w, "open", fileAddress(last))
}

// fileAddress returns the file:// URL of a file.
func fileAddress(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}

	absolute = filepath.ToSlash(absolute)
	if absolute[0] != '/' { // C:/ on Windows
		absolute = "/" + absolute
	}
	return (&url.URL{Scheme: "file", Path: absolute}).String()
}
