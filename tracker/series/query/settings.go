package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Keys of a configuration that have a meaning of their own here.
const (
	hiddenKey     = "model.hidden"
	layersKey     = "model.layers"
	parametersKey = "model.parameters"
	aboutKey      = "description"
	nameKey       = "name"
	checkpoints   = "checkpoint."
)

// IsSeed reports whether a key is a seed: runs with the same setting differ only in seeds.
func IsSeed(key string) bool {
	return key == "seed" || strings.HasSuffix(key, ".seed")
}

// sets reports whether a key is a part of the setting. Not part of it are seeds, keys that change
// no number of the series, and the number of parameters, which follows from the widths.
func sets(key string) bool {
	switch key {
	case parametersKey, aboutKey, nameKey:
		return false
	}
	return !IsSeed(key) && !strings.HasPrefix(key, checkpoints)
}

// Settings returns a string for each run. It holds every key, except seeds, that affects the run's
// numbers and differs between the runs. Two runs have the same setting if their strings are equal.
func Settings(headers []series.Header) []string {
	varying := varyingKeys(headers)
	settings := make([]string, len(headers))
	for i, h := range headers {
		settings[i] = spell(h.Config, func(key string) bool {
			return slices.Contains(varying, key)
		})
	}
	return settings
}

// Seeds returns the seeds of a configuration as one string.
func Seeds(h series.Header) string {
	return spell(h.Config, IsSeed)
}

func spell(config map[string]string, shown func(key string) bool) string {
	var b strings.Builder
	// Values are quoted, so that none can look like two keys, and sorted, so that equal settings
	// give equal strings.
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if shown(key) {
			fmt.Fprintf(&b, "%q=%q ", key, config[key])
		}
	}
	return b.String()
}

// VaryingKeys returns the keys of the setting in which runs differ, sorted.
func VaryingKeys(tables []*series.Table) []string {
	headers := make([]series.Header, len(tables))
	for i, t := range tables {
		headers[i] = t.Header
	}
	return varyingKeys(headers)
}

func varyingKeys(headers []series.Header) []string {
	// Iterate run by run, not key by key: with thousands of runs, switching to the settings of
	// another run is a cache miss.
	first, differ := map[string]string{}, map[string]bool{}
	for _, h := range headers {
		for key, value := range h.Config {
			was, known := first[key]
			if !known {
				first[key] = value
			} else if value != was {
				differ[key] = true
			}
		}
	}

	// This is the only key that is absent at its default.
	differ[layersKey] = Differ(headers, layersKey)

	maps.DeleteFunc(differ, func(key string, differs bool) bool {
		return !differs || !sets(key)
	})

	return slices.Sorted(maps.Keys(differ))
}

// Differ reports whether two runs have different values of a key. Runs without the key are ignored:
// either their program was older than the key, or they failed before the data determined it.
func Differ(headers []series.Header, key string) bool {
	var first string
	some := false
	for _, h := range headers {
		value, has := h.Config[key]
		switch {
		case !has && key != layersKey: // layers is absent if there are none
			continue
		case some && value != first:
			return true
		}

		first, some = value, true
	}
	return false
}

// Common returns the value that all runs have for a key; ok is false if they differ or one has
// none.
func Common(tables []*series.Table, key string) (value string, ok bool) {
	for i, t := range tables {
		v, has := t.Header.Config[key]
		if !has || i > 0 && v != value {
			return "", false
		}
		value, ok = v, true
	}

	return value, ok
}

// Group groups the runs for which name returns the same string, in the order in which each group's
// first run appears.
func Group(tables []*series.Table, name func(*series.Table) string) [][]*series.Table {
	var groups [][]*series.Table
	index := map[string]int{}
	for _, t := range tables {
		i, known := index[name(t)]
		if !known {
			i = len(groups)
			index[name(t)] = i
			groups = append(groups, nil)
		}

		groups[i] = append(groups[i], t)
	}

	return groups
}

// Int returns a whole number of a run's configuration.
func Int(t *series.Table, key string) (n int, ok bool) {
	n, err := strconv.Atoi(t.Header.Config[key])
	return n, err == nil
}

// Number returns the number that a run has for a key; for the widths, the total number of hidden
// units.
func Number(t *series.Table, key string) (v float64, ok bool) {
	if key == hiddenKey {
		units, ok := HiddenUnits(t)
		return float64(units), ok
	}
	v, err := strconv.ParseFloat(t.Header.Config[key], 64)
	return v, err == nil
}

// Widths returns the widths of the hidden layers, none for a linear model; ok is false if the
// configuration does not give them.
func Widths(t *series.Table) (widths []int, ok bool) {
	list, known := t.Header.Config[hiddenKey]
	if !known {
		return nil, false
	}

	// The value is a list as in YAML, or a single number.
	separates := func(r rune) bool {
		return strings.ContainsRune("[], ", r)
	}
	for field := range strings.FieldsFuncSeq(list, separates) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, false
		}

		widths = append(widths, n)
	}

	return widths, true
}

// HiddenUnits returns the total number of hidden units of a network; ok is false if there are none.
func HiddenUnits(t *series.Table) (units int, ok bool) {
	widths, _ := Widths(t)
	for _, n := range widths {
		units += n
	}
	return units, units > 0
}
