package page

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
)

// An Explorer is the data from which the script of a set's page draws any metric against any key:
// every metric of every run at the end and at some epochs that all runs measured.
type Explorer struct {
	Runs    []string         `json:"runs"` // IDs
	Seeds   []string         `json:"seeds"`
	Epochs  []int            `json:"epochs"`
	Metrics []ExplorerMetric `json:"metrics"`
	Keys    []ExplorerKey    `json:"keys"`
	// Demands are the numbers of values that each run must fit to interpolate; the name is empty if
	// unknown.
	Demands []figure.Mark `json:"demands"`
}

type ExplorerMetric struct {
	Name string `json:"name"`
	Axis string `json:"axis"`
	Log  bool   `json:"log"`
	// Values has one row for each epoch and one for the end, with a number for each run.
	Values []figure.Row `json:"values"`
}

type ExplorerKey struct {
	Name   string   `json:"name"`
	Log    bool     `json:"log,omitempty"`
	Values []string `json:"values"`
	// Numbers are the numeric values; nil for names.
	Numbers    figure.Row `json:"numbers,omitempty"`
	Of         []int      `json:"of"` // which value each run has
	Parameters bool       `json:"parameters,omitempty"`
}

// Colouring tells the script of a set's page how runs differ: the keys, their values in order, and
// the index of each run's value of each key.
type Colouring struct {
	Keys []ColourKey      `json:"keys"`
	Runs map[string][]int `json:"runs"`
}

// A ColourKey is a key by which runs can be told apart.
type ColourKey struct {
	Name   string   `json:"name"` // short, as in the names of curves
	Key    string   `json:"key"`  // in full
	Values []string `json:"values"`
	// Offered reports whether the reader may colour runs by the key; settings have their own
	// colours already.
	Offered bool `json:"-"`
}

// Offered reports whether there is a key to colour runs by.
func (c Colouring) Offered() bool {
	return slices.ContainsFunc(c.Keys, func(k ColourKey) bool {
		return k.Offered
	})
}

// A Clock gives the updates and seconds that a run had taken at its measured epochs.
type Clock struct {
	Epochs  []int      `json:"epoch"`
	Updates []int      `json:"update"`
	Seconds figure.Row `json:"time,omitempty"` // nil where they are not known
}
