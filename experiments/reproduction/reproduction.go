// Package reproduction reproduces the paper's experiments: it knows their configurations and
// prices, chooses what a budget affords, gathers what runs have measured, and writes the verdicts
// on the claims that rest on them.
package reproduction

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
)

// Names lists the paper's experiments: the files of configs/paper, without their ending.
func Names() []string {
	entries, err := configs.Files.ReadDir("paper")
	if err != nil {
		return nil
	}

	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}

	return names
}

// Load reads the configuration of an experiment at a budget.
func Load(name string, b claims.Budget) (*config.Experiment, error) {
	return config.Load(configs.BuiltIn+"paper/"+name+".yaml", config.Options{
		Quick: b == claims.Quick,
		Files: configs.BuiltInFiles,
	})
}

// decisive are the experiments that decide the most claims for their time, before all others.
var decisive = []string{
	"toy", "initialisation", "evolution-bounds", "dropout", "weight-decay", "evolution", "evolution-mse",
	"optimizers", "depth", "misclassified", "linearisation", "samples", "regularised", "constrained", "losses",
	"fidelity", "adversarial", "label-noise-threshold", "double-descent", "double-descent-mse",
	"out-of-distribution", "evolution-wide", "label-noise",
}

// MostDecisiveFirst returns the names of experiments in the order in which they decide claims for
// their time, so that an interrupted reproduction has most of the answers.
func MostDecisiveFirst(names []string) []string {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return rankOf(a) - rankOf(b)
	})
	return sorted
}

// rankOf returns the place of an experiment among the decisive ones, behind all for one that is
// not.
func rankOf(name string) int {
	if i := slices.Index(decisive, name); i >= 0 {
		return i
	}
	return len(decisive)
}

// folderOf returns the folder, in that of all experiments, of an experiment's runs at a budget.
func folderOf(b claims.Budget, name string) string {
	if b == claims.Quick {
		return name + "-quick"
	}
	return name
}
