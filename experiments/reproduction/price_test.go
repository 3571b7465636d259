package reproduction

import (
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/trainer"
)

// TestAffordable selects from runs of one hour each, the first seeds before the later ones.
func TestAffordable(t *testing.T) {
	var one Price
	one.Experiment = &config.Experiment{Name: "one"}
	one.Costs = map[string]time.Duration{}
	for _, name := range []string{"a42", "a43", "b42", "b43"} {
		run := config.Run{Name: name, Config: &config.Config{Train: trainer.Config{Seed: uint64(name[2] - '0')}}}
		one.Experiment.Runs = append(one.Experiment.Runs, run)
		one.Tasks = append(one.Tasks, experiments.Task{Run: run})
		one.Costs[name] = time.Hour
	}
	ended := config.Run{Name: "ended", Config: &config.Config{}}
	one.Experiment.Runs = append(one.Experiment.Runs, ended)

	for hours, want := range map[int]string{0: "", 1: "a42 ended", 2: "a42 b42 ended", 3: "a42 a43 b42 ended", 9: "a42 a43 b42 b43 ended"} {
		var names []string
		for _, e := range Affordable([]Price{one}, time.Duration(hours)*time.Hour) {
			for _, run := range e.Runs {
				names = append(names, run.Name)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("in %d hours %q, want %q", hours, got, want)
		}
	}
}
