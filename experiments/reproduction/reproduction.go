// Package reproduction reproduces the paper's experiments: it knows their configurations and
// prices, chooses what a budget affords, collects the measurements, and writes the verdicts on the
// claims.
package reproduction

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
)

// Names lists the paper's experiments: the files in configs/paper without their extension.
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

// decisive lists first the experiments that decide the most claims for their running time.
var decisive = []string{
	"toy", "initialisation", "evolution-bounds", "dropout", "weight-decay", "evolution", "evolution-mse",
	"optimizers", "depth", "misclassified", "linearisation", "samples", "regularised", "constrained", "losses",
	"fidelity", "adversarial", "label-noise-threshold", "double-descent", "double-descent-mse",
	"out-of-distribution", "evolution-wide", "label-noise",
}

// MostDecisiveFirst sorts the names of experiments by how many claims they decide for their running
// time, so that an interrupted reproduction has most of the answers.
func MostDecisiveFirst(names []string) []string {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return rankOf(a) - rankOf(b)
	})
	return sorted
}

// rankOf returns the index of an experiment in decisive, or its length if the experiment is not
// listed.
func rankOf(name string) int {
	if i := slices.Index(decisive, name); i >= 0 {
		return i
	}
	return len(decisive)
}

// folderOf returns the name of the folder that holds an experiment's runs at a budget.
func folderOf(b claims.Budget, name string) string {
	if b == claims.Quick {
		return name + "-quick"
	}
	return name
}
