package config

// checker finds what is wrong with the layers taken together. Keys that already have a problem
// are left out, as what they would have been is unknown.
type checker struct {
	*reader
	given layer  // what counts of all layers
	path  string // of the file, to blame for what is missing
}

// check reports what is missing from the draft, what has no effect in it, and what contradicts
// something else.
func (c checker) check() {
	for _, row := range c.keys.All() {
		_, given := c.given[row.Key]
		// A model's name implies its widths, and layers take their place, so where these are wrong
		// the widths are not missing.
		otherwise := row.Key == "model.hidden" && (c.faulty["model.name"] || c.faulty["model.layers"])
		if given || !row.Required || c.faulty[row.Key] || otherwise {
			continue
		}

		c.reportGiven(row.Key, "missing, want "+row.Type.Want())
	}

	// Where the key that decides is wrong itself, nobody knows what has an effect.
	for _, problem := range c.keys.WithoutEffect() {
		if !c.faulty[problem.Key] && !c.faulty[c.keys.Lookup(problem.Key).Decider] {
			c.reportGiven(problem.Key, problem.Message)
		}
	}

	isFaulty := func(key string) bool { return c.faulty[key] }
	for _, problem := range c.keys.Contradictions(isFaulty) {
		c.reportGiven(problem.Key, problem.Message)
	}
}

// reportGiven reports a problem where the key was given, else at the file.
func (c checker) reportGiven(key, message string) {
	from := origin{layer: fileLayer, source: c.path}
	if s, ok := c.given[key]; ok {
		from = s.from
	}
	c.report(key, from, "%s", message)
}
