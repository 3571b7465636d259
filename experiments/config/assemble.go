package config

import (
	"github.com/spf13/viper"
)

// assemble sets the draft to the defaults, overridden by the layers, and returns the settings that
// the layers give.
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

// layOver merges layers; later ones override earlier ones. viper merges sections key by key and
// replaces everything else. The merged values are whole settings, which carry their file and line.
func layOver(layers []layer) layer {
	v := viper.New()
	for _, one := range layers {
		nested := map[string]any{}
		// viper merges nested mappings and treats a setting as a leaf.
		for path, s := range one {
			putNested(nested, path, s)
		}

		err := v.MergeConfigMap(nested)
		if err != nil {
			panic(err) // it only fails for files
		}
	}

	whole := layer{}
	for _, path := range v.AllKeys() {
		whole[path] = v.Get(path).(setting)
	}

	return whole
}

// valuesOf returns the values of the draft by dotted key, in the form that YAML has them. Required
// keys that are not given are missing.
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
