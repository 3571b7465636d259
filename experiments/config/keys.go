package config

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
)

// KeyInfo describes a key to the user.
type KeyInfo struct {
	Key     string // dotted
	Type    string // such as "integer"
	Default string // in YAML; "required" if there is none
	Allowed string // such as "≥ 0"; empty if all values of the type are
	Doc     string
}

// Keys describes every key of a config in the order of [Marshal], then the keys of the sections
// sweep and quick.
func Keys() []KeyInfo {
	var infos []KeyInfo
	for _, row := range slices.Concat(bind(new(Config)).All(), new(sweepScalars).settings().All()) {
		infos = append(infos, infoOf(row))
	}

	return append(
		infos,
		KeyInfo{
			Key:     "sweep.parameters",
			Type:    "mapping of keys",
			Default: `""`,
			Doc: "the swept keys: {values: […]}, {value: …}, or with method random {min, max}, {mu, " +
				"sigma}, q and distribution",
		},
		KeyInfo{
			Key:     "sweep.zip",
			Type:    "list of lists of swept keys",
			Default: `""`,
			Doc:     "keys that advance together",
		},
		KeyInfo{
			Key:     "sweep.derived",
			Type:    "mapping of keys to expressions",
			Default: `""`,
			Doc:     "keys computed from the others, as stop.epochs: \"83000 * 512 / train.batch_size\"",
		},
		KeyInfo{
			Key:     "sweep.seeds",
			Type:    "list of integers, or their number",
			Default: `""`,
			Doc:     "values of seed, the fastest to vary; n counts from seed",
		},
		KeyInfo{
			Key:     "quick",
			Type:    "mapping of keys",
			Default: "none",
			Doc:     "laid over the rest by --quick: any of the keys above",
		},
		infoOf(noteSetting()),
	)
}

// Choices lists the values of a key if they have names.
func Choices(key string) []string {
	row := bind(new(Config)).Lookup(key)
	switch {
	case row == nil:
		return nil
	case row.Type.Name == "true or false":
		return []string{"true", "false"}
	default:
		return row.Type.Options
	}
}

// infoOf returns the description of a setting for listings.
func infoOf(row *settings.Setting) KeyInfo {
	info := KeyInfo{
		Key:     row.Key,
		Type:    row.Type.Name,
		Default: row.ShowDefault(),
		Allowed: row.Type.Allowed,
		Doc:     row.Meaning,
	}
	if row.Decider != "" {
		info.Doc += "; only with " + row.Decider + " " + strings.Join(row.Deciding, ", ")
	}
	return info
}

// noteSetting returns the key quick.note, which is not part of a run's config.
func noteSetting() *settings.Setting {
	var set settings.Set
	return settings.Var(&set, new(string), "quick.note", settings.Text, "",
		"what the quick form changes")
}
