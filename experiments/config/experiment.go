package config

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/trainer"
)

// Experiment is what a config file describes: a single run, or the runs of a sweep. Experiments
// come from [Load], which checks them, and are read-only.
type Experiment struct {
	// Name is the name of the experiment's folder; it ends in "-quick" if the section quick counts.
	Name        string
	Description string
	// Note is what the section quick says of itself, empty if it does not count.
	Note string
	// Axes are the axes of the sweep, slowest first; none for a single run.
	Axes []Axis
	// Runs has at least one run; IDs and names are distinct.
	Runs []Run
}

// Axis is a key that a sweep varies, or several that advance together.
type Axis struct {
	Keys []string
	// Values are shown as in YAML, those of several keys joined by ", "; of a distribution, its
	// description alone.
	Values []string
	// Drawn says that each run draws from the values instead of taking every one.
	Drawn bool
}

// Run is one run of an experiment.
type Run struct {
	// ID is the [Hash] of Config.
	ID string
	// Name is widths, seed and ID, as "64x64-seed42-0123456789ab", and is a safe file name.
	Name string
	// Config is complete and has nothing left to sweep.
	Config *Config
	// Dir is the folder of the configuration's file, in which the user's data are looked for, too;
	// empty if that is no file of this machine.
	Dir string
	// Changed lists, as key=value, what the environment and the command line set otherwise than the
	// file that describes the run: its description may not hold for them.
	Changed []string
	// Point has the values of the swept keys, in the order of the axes.
	Point []Value
}

// Value is a swept key and its value, shown as in YAML.
type Value struct {
	Key, Value string
}

// Architecture names the widths of the hidden layers, safely for a file. A name too long for a file
// gives way to the number of layers and a hash.
func Architecture(m trainer.Config) string {
	const longest = 100
	if layers := m.LayersText(); layers != "" {
		return layersName(layers)
	}

	hidden := m.Hidden
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

// layersName returns a name for layers: their own, or a hash.
func layersName(layers string) string {
	if fileForm.MatchString(layers) {
		return layers
	}
	return fmt.Sprintf("layers-%x", sha256.Sum256([]byte(layers)))[:15]
}

// fileForm is what is safe in the name of a file.
var fileForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)

// describe shows a point for messages, as "model.hidden=[4] seed=1".
func describe(point []Value) string {
	parts := make([]string, len(point))
	for i, v := range point {
		parts[i] = v.Key + "=" + v.Value
	}
	return strings.Join(parts, " ")
}
