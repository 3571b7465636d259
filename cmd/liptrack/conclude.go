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

// mostConcluded is of how many runs a sentence is said; to read more series takes too long.
const mostConcluded = 200

// conclude says what the runs found whose reports are given, that of their set last, and how to
// open it. Nothing is printed after that.
func conclude(w io.Writer, reports []string) {
	if len(reports) == 0 {
		return
	}

	last := reports[len(reports)-1]

	// The sentence is an extra: runs that cannot be read are told elsewhere.
	if len(reports) <= mostConcluded {
		var files []string
		// The last report is that of the set, unless there is one run only.
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

// fileAddress returns the address of a file for a browser.
func fileAddress(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}

	absolute = filepath.ToSlash(absolute)
	if absolute[0] != '/' { // C:/ of Windows
		absolute = "/" + absolute
	}
	return (&url.URL{Scheme: "file", Path: absolute}).String()
}
