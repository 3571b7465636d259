package experiments

import (
	"os"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

// The error names the page that cannot be written, since there may be a hundred.
func TestErrorsOfWritingNameThePage(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(full, "is not here")
	}

	table := series.NewTable(series.Header{Experiment: "widths", Run: "w008-s1"})
	runs := []rundir.Record{{Path: "runs/w008-s1/series.jsonl", Table: table}}
	for title, records := range map[string][]rundir.Record{"w008-s1": runs, "widths": append(runs, runs...)} {
		err := WriteReport(full, records)
		if err == nil || !strings.Contains(err.Error(), "writing the page of") || !strings.Contains(err.Error(), title) {
			t.Errorf("%s: error %v", title, err)
		}
	}
}
