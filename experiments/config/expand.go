package config

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// Run is one run of an experiment.
type Run struct {
	// Name tells the runs of an experiment apart and is a safe file name: widths and seed, as
	// "64x64-seed42"; "linear-seed42" without hidden layers.
	Name string
	// Config is the run's own, without anything to vary.
	Config *Config
}

// Expand lists the runs of an experiment: every value of vary.hidden, in its order, with every
// value of vary.seed; one run if there is nothing to vary.
func (c *Config) Expand() []Run {
	hiddens, seeds := c.Vary.Hidden, c.Vary.Seed
	if len(hiddens) == 0 {
		hiddens = [][]int{c.Model.Hidden}
	}
	if len(seeds) == 0 {
		seeds = []uint64{c.Seed}
	}
	var runs []Run
	for _, hidden := range hiddens {
		for _, seed := range seeds {
			one := *c
			one.Model.Hidden, one.Seed = hidden, seed
			one.Vary = Vary{Hidden: [][]int{}, Seed: []uint64{}}
			runs = append(runs, Run{Name: fmt.Sprintf("%s-seed%d", architecture(hidden), seed), Config: &one})
		}
	}
	return runs
}

// architecture names the widths of the hidden layers. A name too long for a file gives way to
// the number of layers and a hash.
func architecture(hidden []int) string {
	const longest = 100
	if len(hidden) == 0 {
		return "linear"
	}
	widths := make([]string, len(hidden))
	for i, w := range hidden {
		widths[i] = strconv.Itoa(w)
	}
	name := strings.Join(widths, "x")
	if len(name) > longest {
		return fmt.Sprintf("%dlayers-%x", len(hidden), sha256.Sum256([]byte(name)))[:24]
	}
	return name
}
