package config

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
func (r *reader) checkQuick(file, quick document, others []document) {
	if len(r.problems) > 0 {
		return
	}

	own := r.again()
	// What other layers set may be missing in the quick form on purpose.
	for _, d := range others {
		for path := range d.plain {
			own.faulty[path] = true
		}
	}

	own.experiment([]document{file, quick})
	r.problems = own.problems
}
