package config

import (
	"github.com/spf13/viper"
)

// assemble makes the draft one of the layers over the defaults, and says what they set.
func (r *reader) assemble(layers []layer) (given layer) {
	given = layOver(layers)
	for _, row := range r.keys.All() {
		if s, ok := given[row.Key]; ok {
			row.Put(s.value)
		} else {
			row.Reset()
		}
	}
	return given
}

// layOver lays later layers over earlier ones. viper does it: it merges sections key by key and
// replaces the rest. What it lays are whole settings, which carry their file and line with them.
func layOver(layers []layer) layer {
	v := viper.New()
	for _, one := range layers {
		nested := map[string]any{}
		// viper takes nested mappings; a setting is a leaf to it.
		for path, s := range one {
			putNested(nested, path, s)
		}

		err := v.MergeConfigMap(nested)
		if err != nil {
			panic(err) // it fails for files only
		}
	}

	whole := layer{}
	for _, path := range v.AllKeys() {
		whole[path] = v.Get(path).(setting)
	}

	return whole
}

// valuesOf lists the values of the draft, as YAML has them, by dotted key. Required keys that are
// not given have none.
func (r *reader) valuesOf(given layer) map[string]any {
	values := map[string]any{}
	for _, row := range r.keys.All() {
		_, ok := given[row.Key]
		if !row.Shorthand && (ok || !row.Required) {
			values[row.Key] = row.Value()
		}
	}
	return values
}
