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

// Options are what [Load] reads beside the file.
type Options struct {
	// Environment is as of os.Environ: LIPTRACK_TRAIN_BATCH_SIZE=128 sets train.batch_size.
	Environment []string
	// Arguments are key=value. Values are YAML, and keys may be sections:
	// track.schedule={log: 20}. Several values, key=a,b or key=range(1,10,3), sweep the key.
	Arguments []string
	// Quick lays the file's section quick over the rest of the file.
	Quick bool
	// MaxRuns is the largest number of runs of a sweep; 0 means DefaultMaxRuns.
	MaxRuns int
	// Files has the config file; nil for the files of this machine.
	Files fs.FS
	// Beside is the folder in which the user's own data may lie, beside the working folder; that of
	// the config file if empty.
	Beside string
	// Text, unless empty, is what the config file holds, which then need not be there.
	Text string
}

// DefaultMaxRuns keeps a slip of the keyboard from making a million runs.
const DefaultMaxRuns = 1000

// Load reads the config file at path and lays over it its section quick if asked for, the
// environment and the arguments; then it expands the sweep. A later layer's value of a swept
// key, or values, take the place of the earlier ones.
//
// A config that is not valid gives [Problems], all at once; a file that cannot be read, another
// error.
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
	// The quick form is read even if it is not asked for, so that its faults are told.
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
		// Files of the program have no folder beside which a user's data could be.
		if o.Files == nil {
			run.Dir = cmp.Or(o.Beside, filepath.Dir(path))
		}
	}

	return e, nil
}

// document is one layer of a config: what it sets, and what it sweeps.
type document struct {
	plain layer
	given map[string]origin // the keys and sections as they were written
	sweep *sweep            // nil if there is none
	from  origin            // of the section sweep
	note  string            // of the section quick
}

// fixed says which keys have a single value in the document.
func (d document) fixed() func(key string) bool {
	return func(key string) bool {
		_, given := d.given[key]
		return given && (d.sweep == nil || indexOf(d.sweep.parameters, key) < 0)
	}
}

// experiment combines the sweeps of the layers and makes a config for each point. Its problems
// are those of the reader.
func (r *reader) experiment(documents []document) *Experiment {
	whole, from, seed := r.combine(documents)
	columns := r.columns(whole, seed)
	r.checkMethod(whole)
	derived, cycle := inOrder(whole.derived)
	for _, key := range cycle {
		if len(cycle) == 1 {
			r.report(key, from, "is derived from itself")
		} else {
			r.report(key, from, "is derived from itself, by way of %s", strings.Join(without(cycle, key), ", "))
		}
	}

	// Only a sweep without faults is multiplied out; a size beyond the limit is one of them.
	points := []point{nil}
	if len(r.problems) == 0 {
		if r.checkSize(whole, columns, from); len(r.problems) == 0 {
			points = r.points(whole, columns)
		}
	}

	// The rest is checked without the sweep.
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

	// Without a sweep the one point sets nothing.
	e := &Experiment{}
	for _, p := range points {
		run, ok := r.run(documents, p, derived)
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

// without returns the keys but one.
func without(keys []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		return k == key
	})
}

// combine lays the sweeps of the layers over each other, says where the last one is, and at
// which seed a number of seeds begins.
func (r *reader) combine(documents []document) (whole *sweep, from origin, seed uint64) {
	whole = newSweep()
	from = r.inFile()
	seed = r.keys.Lookup("seed").Default().(uint64)
	// A later layer that fixes a key ends its sweep in the layers before.
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

// run makes the run of a point; ok is false if it has problems, which are reported once for all
// points.
func (r *reader) run(documents []document, p point, derived []derivation) (run Run, ok bool) {
	own := r.again()
	var layers []layer
	for i, d := range documents {
		swept := p.layer(i)
		own.expandShorthands(swept)
		layers = append(layers, d.plain, swept)
	}

	// Derived keys need the values of all others first.
	given := own.assemble(layers)
	if len(derived) > 0 {
		given = own.assemble(append(layers, own.derive(derived, own.valuesOf(given))))
	}

	own.check(given)

	// The points of a sweep mostly have the same faults.
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

// checkDistinct reports points that come to the same run.
func (r *reader) checkDistinct(runs []Run, from origin, drawn bool) {
	advice := ""
	if drawn {
		advice = "; draw fewer runs, from more values or with another sweep.seed"
	}

	// Two runs with one id would share a folder.
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

// cut takes a section out of the root of a file.
func (r *reader) cut(
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
			r.report(name, from.at(key.Line), "duplicate key; it is also in %s", at)
		default:
			section, at = yamlnode.Resolve(value), from.at(key.Line)
		}
	}

	return rest, section, at
}
