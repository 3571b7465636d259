package config

import (
	"maps"
)

// quicken marks a quick form.
func (e *Experiment) quicken(note string) {
	e.Name += "-quick"
	e.Note = note
	for _, run := range e.Runs {
		run.Config.Name = e.Name
	}
}

// checkQuick finds what is wrong with the quick form of an experiment that is not asked for. The
// other layers are left out, as they are meant for the experiment in full.
func (l loader) checkQuick(documents []document, quick document) {
	if len(l.problems) > 0 {
		return
	}

	r := *l.reader
	r.faulty, r.problems = maps.Clone(r.faulty), nil
	// What other layers set may be missing in the quick form on purpose.
	for _, d := range documents[1:] {
		for path := range d.plain {
			r.faulty[path] = true
		}
	}

	q := loader{
		reader:   &r,
		path:     l.path,
		reported: map[Problem]bool{},
	}
	q.experiment([]document{documents[0], quick})
	l.reader.problems = append(l.reader.problems, r.problems...)
}
