package page

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
)

// An Explorer is what the script of a set's page needs to draw any metric against any key: every
// metric of every run at some epochs that all runs measured and at the end.
type Explorer struct {
	Runs    []string         `json:"runs"` // IDs
	Seeds   []string         `json:"seeds"`
	Epochs  []int            `json:"epochs"`
	Metrics []ExplorerMetric `json:"metrics"`
	Keys    []ExplorerKey    `json:"keys"`
	// Demands are what the parameters of a run must exceed to interpolate; empty names for unknown.
	Demands []figure.Mark `json:"demands"`
}

type ExplorerMetric struct {
	Name string `json:"name"`
	Axis string `json:"axis"`
	Log  bool   `json:"log"`
	// Values hold a number for each run, in a row for each epoch and one for the end.
	Values []figure.Row `json:"values"`
}

type ExplorerKey struct {
	Name   string   `json:"name"`
	Log    bool     `json:"log,omitempty"`
	Values []string `json:"values"`
	// Numbers of the values; nil for names.
	Numbers    figure.Row `json:"numbers,omitempty"`
	Of         []int      `json:"of"` // which value each run has
	Parameters bool       `json:"parameters,omitempty"`
}

// Colouring is what the script of a set's page needs to tell runs apart by their settings: the keys
// in which they differ, with their values in order, and for each run which value of each it has.
type Colouring struct {
	Keys []ColourKey      `json:"keys"`
	Runs map[string][]int `json:"runs"`
}

// A ColourKey is a key by which runs can be told apart.
type ColourKey struct {
	Name   string   `json:"name"` // as curves are named by it
	Key    string   `json:"key"`  // in full
	Values []string `json:"values"`
	// Offered says whether the reader may colour runs by it, for settings have colours already.
	Offered bool `json:"-"`
}

// Offered reports whether there is a key to colour runs by.
func (c Colouring) Offered() bool {
	return slices.ContainsFunc(c.Keys, func(k ColourKey) bool {
		return k.Offered
	})
}

// A Clock says how many updates and seconds a run had taken by its measured epochs.
type Clock struct {
	Epochs  []int      `json:"epoch"`
	Updates []int      `json:"update"`
	Seconds figure.Row `json:"time,omitempty"` // nil where they are not known
}
