package plots

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var pagesDir = flag.String("pages", "", "write the pages of the fixtures to this directory, to look at them")

func TestWritePages(t *testing.T) {
	if *pagesDir == "" {
		t.Skip("set -pages DIR to write the pages of the fixtures")
	}
	for name, html := range map[string][]byte{
		"run": runPage(t, trainedRun(256, 42, 3000)), "start": runPage(t, trainedRun(8, 1, 0)),
		"diverged": runPage(t, divergedRun()), "doubtful": runPage(t, doubtfulRun()), "deep": runPage(t, deepRun()), "hostile": runPage(t, hostileRun()),
		"sweep": setPage(t, "mnist1d-widths", widthSweep(400)), "grid": setPage(t, "widths and label noise", grid(200)),
	} {
		if err := os.WriteFile(filepath.Join(*pagesDir, name+".html"), html, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
