package config

import (
	"maps"
	"slices"
)

// changed lists, as key=value in the order of the keys, what later layers change from a file with a
// description: single values, and this run's values of keys that these layers sweep.
func (r *reader) changed(written, later []document, point []Value) []string {
	values := map[string]string{}
	for _, d := range later {
		for key, s := range d.plain {
			_, given := d.given[key]
			if given && !r.isWritten(written, key, s) {
				values[key] = s.text
			}
		}

		if d.sweep == nil {
			continue
		}
		for _, p := range d.sweep.parameters {
			at := slices.IndexFunc(point, func(v Value) bool {
				return v.Key == p.key
			})
			if at >= 0 {
				values[p.key] = point[at].Value
			}
		}
	}

	// A later description counts as up to date; descriptions do not mention names and seeds.
	_, described := values["description"]
	if described {
		return nil
	}
	delete(values, "name")
	delete(values, "seed")

	var all []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		all = append(all, key+"="+values[key])
	}
	return all
}

// isWritten reports whether a key already has this value, from the last document that gives it or,
// if none does, by default.
func (r *reader) isWritten(written []document, key string, s setting) bool {
	isKey := func(p parameter) bool { return p.key == key }
	for _, d := range slices.Backward(written) {
		if d.sweep != nil && slices.ContainsFunc(d.sweep.parameters, isKey) {
			return false
		}

		if was, given := d.plain[key]; given {
			return was.text == s.text
		}
	}
	row := r.keys.Lookup(key)
	return row != nil && row.IsDefault(s.value)
}
