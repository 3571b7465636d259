// Package config reads the YAML files that describe experiments.
//
// A configuration has layers: the defaults, the file, its section quick if requested, LIPTRACK_…
// environment variables, and key=value arguments. Each overrides the ones before. Mappings merge
// key by key; scalars and lists replace. A section sweep adds, for each of its points, a layer on
// top of the one that holds it, which gives a config of its own. Shorthands (model.name, the
// paper's names of data sets, a learning-rate schedule given as a name) are expanded in the layer
// that uses them, so a later layer may override any key they set. All problems of all layers are
// reported at once, each with its place.
//
// The components that use the keys define them in their methods Settings; this package collects
// them and adds its own. No other package imports viper, which merges the layers.
package config

import (
	"regexp"
	"sync"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Config describes one run completely. Configs come from [Load], which checks them, and are
// read-only.
type Config struct {
	// Name is the name of the experiment and of its folder.
	Name string
	// Description is free text for the report.
	Description string
	Data        dataset.Config
	Train       trainer.Config
	Track       Track
	Checkpoint  Checkpoint
}

// Checkpoint describes which networks are kept.
type Checkpoint struct {
	// Every is the number of epochs between kept checkpoints; 0 keeps only the first and the last.
	Every int
	// Interval is the time in seconds between the rolling checkpoints from which an interrupted run
	// resumes.
	Interval float64
}

// safeName matches names that are valid for folders on all systems.
var safeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Settings binds every key of a config, in the order in which they are written.
func (c *Config) Settings(s *settings.Set) {
	fileName := settings.Matching("name of at most 100 letters, digits, . _ -", safeName)
	settings.Var(s, &c.Name, "name", settings.WithCommas(fileName), "",
		"name of the experiment and of its folder").
		Need()
	settings.Var(s, &c.Description, "description", settings.WithCommas(settings.Text), "",
		"free text for the report")
	c.Data.Settings(s)
	c.Train.Settings(s)
	c.Track.settings(s)
	settings.Var(s, &c.Checkpoint.Every, "checkpoint.every", settings.Integer(0), 0,
		"epochs between checkpoints kept; 0: first and last only")
	settings.Var(s, &c.Checkpoint.Interval, "checkpoint.interval", settings.NonNegative, 10,
		"seconds between the saves that a run resumes from")
	c.regressionRules(s)
	addShorthands(s)
}

// binding is a config with its settings. Bindings are reused, since creating one takes longer than
// most of what is done with it.
type binding struct {
	config Config
	keys   *settings.Set
}

var bindings = sync.Pool{New: func() any {
	b := new(binding)
	b.keys = bind(&b.config)
	return b
}}

// release makes a binding available for reuse.
func (b *binding) release() {
	b.config = Config{}
	bindings.Put(b)
}

// bind returns the settings of a config.
func bind(c *Config) *settings.Set {
	var set settings.Set
	c.Settings(&set)
	return &set
}
