package config

// check reports keys that are missing from the draft, keys that have no effect, and contradictions;
// given holds the merged layers. It skips keys that already have a problem, since their values are
// unknown.
func (r *reader) check(given layer) {
	// Problems of keys that were not given are reported for the file.
	report := func(key, message string) {
		from := r.inFile()
		if s, ok := given[key]; ok {
			from = s.from
		}
		r.report(key, from, "%s", message)
	}

	for _, row := range r.keys.All() {
		_, isGiven := given[row.Key]
		// The widths follow from a model's name, and layers replace them. If either is wrong, the
		// widths are not missing.
		otherwise := row.Key == "model.hidden" && (r.faulty["model.name"] || r.faulty["model.layers"])
		if isGiven || !row.Required || r.faulty[row.Key] || otherwise {
			continue
		}

		report(row.Key, "missing, want "+row.Type.Want())
	}

	// If the deciding key is wrong itself, it is unknown what has an effect.
	for _, problem := range r.keys.WithoutEffect() {
		if !r.faulty[problem.Key] && !r.faulty[r.keys.Lookup(problem.Key).Decider] {
			report(problem.Key, problem.Message)
		}
	}

	isFaulty := func(key string) bool { return r.faulty[key] }
	for _, problem := range r.keys.Contradictions(isFaulty) {
		report(problem.Key, problem.Message)
	}
}
