package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Options are the inputs of [Load] in addition to the file.
type Options struct {
	// Environment has the format of os.Environ: LIPTRACK_TRAIN_BATCH_SIZE=128 sets
	// train.batch_size.
	Environment []string
	// Arguments are key=value. Values are YAML, and keys may be sections: track.schedule={log: 20}.
	// Several values, key=a,b or key=range(1,10,3), sweep the key.
	Arguments []string
	// Quick overrides the file with its section quick.
	Quick bool
	// MaxRuns is the maximum number of runs of a sweep; 0 means DefaultMaxRuns.
	MaxRuns int
	// Files holds the config file; nil means the files of this machine.
	Files fs.FS
	// Beside is a folder that may hold the user's data, in addition to the working folder. If
	// empty, it is the folder of the config file.
	Beside string
	// Text, unless empty, is the contents of the config file, which then need not exist.
	Text string
}

// DefaultMaxRuns prevents a typing error from creating a million runs.
const DefaultMaxRuns = 1000

// Load reads the config file at path and overrides it, in this order, by its section quick (if
// requested), the environment and the arguments. Then it expands the sweep. If a later layer sets
// or sweeps a swept key, its values replace the earlier ones.
//
// If the config is invalid, the error is [Problems] with everything that is wrong. If the file
// cannot be read, it is another error.
func Load(path string, o Options) (*Experiment, error) {
	text := []byte(o.Text)
	if o.Text == "" {
		var err error
		text, err = readFile(o.Files, path)
		if err != nil {
			return nil, err
		}
	}

	root, err := parseFile(text, path)
	if err != nil {
		return nil, err
	}

	r := newReader()
	defer r.draft.release()
	r.path, r.maxRuns = path, cmp.Or(o.MaxRuns, DefaultMaxRuns)
	// Always read the quick form, so that its problems are reported.
	file, quick := r.file(root)
	later := []document{r.environment(o.Environment), r.arguments(o.Arguments)}

	if o.Quick && quick == nil {
		r.report("quick", r.inFile(), "missing: this experiment has no quick form")
		quick = &document{}
	}

	written := []document{file}
	if o.Quick {
		written = append(written, *quick)
	}

	e := r.experiment(slices.Concat(written, later))
	if quick != nil && !o.Quick {
		r.checkQuick(file, *quick, later)
	}

	if len(r.problems) > 0 {
		r.problems.sort()
		return nil, r.problems
	}

	if o.Quick {
		e.quicken(quick.note)
	}

	for i := range e.Runs {
		run := &e.Runs[i]
		run.Changed = r.changed(written, later, run.Point)
		// Built-in files have no folder next to which the user's data could lie.
		if o.Files == nil {
			run.Dir = cmp.Or(o.Beside, filepath.Dir(path))
		}
	}

	return e, nil
}

// document is one layer of a config: its settings and its sweep.
type document struct {
	plain layer
	given map[string]origin // the keys and sections as they were written
	sweep *sweep            // nil if there is none
	from  origin            // of the section sweep
	note  string            // of the section quick
}

// fixed returns a function that reports whether a key has a single value in the document.
func (d document) fixed() func(key string) bool {
	return func(key string) bool {
		_, given := d.given[key]
		return given && (d.sweep == nil || indexOf(d.sweep.parameters, key) < 0)
	}
}

// experiment combines the sweeps of the layers and makes a config for each point. It adds problems
// to those of the reader.
func (r *reader) experiment(documents []document) *Experiment {
	whole, from, seed := r.combine(documents)
	columns := r.columns(whole, seed)
	r.checkMethod(whole)
	derived, cycle := inOrder(whole.derived)
	for _, key := range cycle {
		if len(cycle) == 1 {
			r.report(key, from, "is derived from itself")
		} else {
			r.report(
				key,
				from,
				"is derived from itself, by way of %s",
				strings.Join(without(cycle, key), ", "),
			)
		}
	}

	// Expand only a valid sweep; exceeding the size limit is also a problem.
	points := []point{nil}
	if len(r.problems) == 0 {
		if r.checkSize(whole, columns, from); len(r.problems) == 0 {
			points = r.points(whole, columns)
		}
	}

	// Check the rest without the sweep.
	if len(r.problems) > 0 {
		points = []point{nil}
		for _, p := range whole.parameters {
			r.faulty[p.key] = true
		}

		for _, d := range whole.derived {
			r.faulty[d.key] = true
		}

		derived = nil
	}

	// Without a sweep there is one point, which sets nothing.
	e := &Experiment{}
	for _, p := range points {
		run, ok := r.makeRun(documents, p, derived)
		if ok {
			e.Runs = append(e.Runs, run)
		}
	}

	if len(r.problems) == 0 {
		r.checkDistinct(e.Runs, from, whole.random())
		e.Name, e.Description = e.Runs[0].Config.Name, e.Runs[0].Config.Description
		for _, c := range columns {
			e.Axes = append(e.Axes, c.axis())
		}
	}

	return e
}

// without returns keys except key.
func without(keys []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		return k == key
	})
}

// combine merges the sweeps of the layers. It also returns the place of the last sweep and the
// first seed for a number of seeds.
func (r *reader) combine(documents []document) (whole *sweep, from origin, seed uint64) {
	whole = newSweep()
	from = r.inFile()
	seed = r.keys.Lookup("seed").Default().(uint64)
	// A later layer that sets a key to a single value ends its sweep in earlier layers.
	for i, d := range documents {
		whole.fix(d.fixed())
		if s, ok := d.plain["seed"]; ok {
			seed = s.value.(uint64)
		}

		if d.sweep != nil {
			whole.lay(d.sweep, i)
			from = d.from
		}
	}

	return whole, from, seed
}

// makeRun makes the run of a point. ok is false if the point has problems, each of which is
// reported once for all points.
func (r *reader) makeRun(documents []document, p point, derived []derivation) (run Run, ok bool) {
	own := r.again()
	var layers []layer
	for i, d := range documents {
		swept := p.layer(i)
		own.expandShorthands(swept)
		layers = append(layers, d.plain, swept)
	}

	// Derived keys need the values of all other keys first.
	given := own.assemble(layers)
	if len(derived) > 0 {
		given = own.assemble(append(layers, own.derive(derived, own.valuesOf(given))))
	}

	own.check(given)

	// Most points of a sweep have the same problems.
	for _, problem := range own.problems {
		if !slices.Contains(r.problems, problem) {
			r.problems = append(r.problems, problem)
		}
	}

	if len(own.problems) > 0 {
		return run, false
	}

	c := r.draft.config
	run = Run{ID: hashOf(r.draft.entries()), Config: &c, Point: p.values()}
	run.Name = fmt.Sprintf("%s-seed%d-%s", Architecture(c.Train), c.Train.Seed, run.ID)

	return run, true
}

// checkDistinct reports points that result in the same run.
func (r *reader) checkDistinct(runs []Run, from origin, drawn bool) {
	advice := ""
	if drawn {
		advice = "; draw fewer runs, from more values or with another sweep.seed"
	}

	// Two runs with the same id would share a folder.
	first := map[string]Run{}
	for _, run := range runs {
		if other, ok := first[run.ID]; ok {
			r.report(
				"sweep",
				from,
				"%s and %s are the same run, %s%s",
				describe(other.Point),
				describe(run.Point),
				run.ID,
				advice,
			)
			return
		}

		first[run.ID] = run
	}
}

// cutSection removes a section from the root of a file.
func (r *reader) cutSection(
	root *yaml.Node,
	name string,
	from origin,
) (rest, section *yaml.Node, at origin) {
	rest = &yaml.Node{Kind: root.Kind, Line: root.Line}
	for key, value := range yamlnode.Pairs(root) {
		switch {
		case key.Value != name:
			rest.Content = append(rest.Content, key, value)
		case section != nil:
			r.report(name, from.atLine(key.Line), "duplicate key; it is also in %s", at)
		default:
			section, at = yamlnode.Resolve(value), from.atLine(key.Line)
		}
	}

	return rest, section, at
}
