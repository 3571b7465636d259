package config

// check reports what is missing from the draft, what has no effect in it, and what contradicts
// something else; given is what counts of all layers. Keys that already have a problem are left
// out, as what they would have been is unknown.
func (r *reader) check(given layer) {
	// What was not given is blamed on the file.
	report := func(key, message string) {
		from := r.inFile()
		if s, ok := given[key]; ok {
			from = s.from
		}
		r.report(key, from, "%s", message)
	}

	for _, row := range r.keys.All() {
		_, isGiven := given[row.Key]
		// A model's name implies its widths, and layers take their place, so where these are wrong
		// the widths are not missing.
		otherwise := row.Key == "model.hidden" && (r.faulty["model.name"] || r.faulty["model.layers"])
		if isGiven || !row.Required || r.faulty[row.Key] || otherwise {
			continue
		}

		report(row.Key, "missing, want "+row.Type.Want())
	}

	// Where the key that decides is wrong itself, nobody knows what has an effect.
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
