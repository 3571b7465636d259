package config

import (
	"fmt"
	"maps"

	"github.com/spf13/viper"
)

// Load reads the config file at path and lays over it the LIPTRACK_… variables of env (as of
// os.Environ: LIPTRACK_TRAIN_BATCH_SIZE=128 sets train.batch_size) and then the key=value
// overrides. Their values are YAML, and their keys may be sections: track.schedule={log: 20}.
//
// A config that is not valid gives [Problems], all at once; a file that cannot be read, another
// error.
func Load(path string, env, overrides []string, allowed Allowed) (*Config, error) {
	root, err := readFile(path)
	if err != nil {
		return nil, err
	}
	keys := schema(allowed)
	r := newReader(keys)
	layers := []layer{r.file(path, root), r.environment(env), r.arguments(overrides)}
	c, err := r.merge(path, keys, layers)
	if err != nil {
		return nil, err
	}
	if len(r.problems) > 0 {
		r.problems.sort()
		return nil, r.problems
	}
	return c, nil
}

// merge lays the layers over the defaults and checks what only the whole can show: keys that
// are missing, and keys that do not go together.
func (r *reader) merge(path string, keys []key, layers []layer) (*Config, error) {
	v := viper.New()
	for _, k := range keys {
		if !k.inputOnly {
			v.SetDefault(k.path, k.def)
		}
	}
	merged := layer{}
	for _, l := range layers {
		maps.Copy(merged, l)
		for path, s := range l {
			v.Set(path, s.value)
		}
	}
	c := new(Config)
	if err := v.UnmarshalExact(c); err != nil {
		return nil, fmt.Errorf("decoding config %s: %w", path, err)
	}
	whole := checker{reader: r, set: merged, path: path}
	whole.checkRequired(keys)
	whole.checkIdle(keys, fields(c))
	whole.checkRules(c)
	return c, nil
}
