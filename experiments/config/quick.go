package config

// quicken marks an experiment as a quick form.
func (e *Experiment) quicken(note string) {
	e.Name += "-quick"
	e.Note = note
	for _, run := range e.Runs {
		run.Config.Name = e.Name
	}
}

// checkQuick reports problems of a quick form that was not requested. It leaves out the other
// layers, which are meant for the full experiment.
func (r *reader) checkQuick(file, quick document, others []document) {
	if len(r.problems) > 0 {
		return
	}

	own := r.again()
	// The quick form may lack keys because other layers set them.
	for _, d := range others {
		for path := range d.plain {
			own.faulty[path] = true
		}
	}

	own.experiment([]document{file, quick})
	r.problems = own.problems
}
