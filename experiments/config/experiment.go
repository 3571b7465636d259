package config

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/trainer"
)

// Experiment is the contents of a config file: a single run, or the runs of a sweep. Experiments
// come from [Load], which checks them, and are read-only.
type Experiment struct {
	// Name is the name of the experiment's folder; it ends in "-quick" for the quick form.
	Name        string
	Description string
	// Note is the note in the section quick, empty unless the quick form is used.
	Note string
	// Axes are the axes of the sweep, slowest first; none for a single run.
	Axes []Axis
	// Runs has at least one run; IDs and names are distinct.
	Runs []Run
}

// Axis is a swept key, or several keys that advance together.
type Axis struct {
	Keys []string
	// Values are formatted as in YAML. The values of several keys are joined by ", ". A
	// distribution has only its description.
	Values []string
	// Drawn means that each run draws one of the values, instead of one run for each value.
	Drawn bool
}

// Run is one run of an experiment.
type Run struct {
	// ID is the [Hash] of Config.
	ID string
	// Name consists of widths, seed and ID, as in "64x64-seed42-0123456789ab", and is a safe file
	// name.
	Name string
	// Config is complete and has nothing left to sweep.
	Config *Config
	// Dir is the folder of the configuration's file, which may also hold the user's data. It is
	// empty if the file is not on this machine.
	Dir string
	// Changed lists, as key=value, what the environment and the command line change from the file
	// that describes the run: its description may not apply to them.
	Changed []string
	// Point has the values of the swept keys, in the order of the axes.
	Point []Value
}

// Value is a swept key and its value, formatted as in YAML.
type Value struct {
	Key, Value string
}

// Architecture returns the widths of the hidden layers in a form that is safe for file names. If
// that is too long, it returns the number of layers and a hash.
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

// layersName returns the name of layers if they have one, else a hash.
func layersName(layers string) string {
	if fileForm.MatchString(layers) {
		return layers
	}
	return fmt.Sprintf("layers-%x", sha256.Sum256([]byte(layers)))[:15]
}

// fileForm matches texts that are safe in the name of a file.
var fileForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)

// describe formats a point for messages, as in "model.hidden=[4] seed=1".
func describe(point []Value) string {
	parts := make([]string, len(point))
	for i, v := range point {
		parts[i] = v.Key + "=" + v.Value
	}
	return strings.Join(parts, " ")
}
