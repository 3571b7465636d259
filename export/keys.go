package export

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Keys select configuration keys by patterns with * and ?. Empty Keys select the keys in which the
// runs differ.
type Keys []string

// ParseKeys reads "varying", "all", or a comma-separated list of keys, which may have * and ?.
func ParseKeys(list string) (Keys, error) {
	switch list {
	case "varying":
		return nil, nil
	case "all":
		return Keys{"*"}, nil
	}

	keys := Keys(strings.Split(list, ","))
	for i, k := range keys {
		keys[i] = strings.TrimSpace(k)
		// path.Match reports a malformed pattern even for an empty name.
		_, err := path.Match(keys[i], "")
		if err != nil || keys[i] == "" {
			return nil, fmt.Errorf(
				"%q is not a key of the configuration: want varying, all, or keys such as model.hidden,train.*",
				k,
			)
		}
	}

	return keys, nil
}

// Keys with a special role.
const (
	keyName  = "name" // name and seed have columns of their own
	keySeed  = "seed"
	keyAbout = "description" // shown only if asked for
)

// columns returns a column for each selected key, in the order of the patterns and sorted within
// each pattern.
func (k Keys) columns(runs []summary) ([]Column, error) {
	// If only some runs have a key, the runs differ in it.
	known := map[string]string{}
	for _, s := range runs {
		maps.Copy(known, s.header.Config)
	}

	delete(known, keyName)
	delete(known, keySeed)
	sorted := slices.Sorted(maps.Keys(known))
	headers := headersOf(runs)
	var chosen []string
	if len(k) == 0 {
		chosen = slices.DeleteFunc(
			slices.Clone(sorted),
			func(key string) bool {
				return key == keyAbout || !query.Differ(headers, key)
			},
		)
	}

	for _, pattern := range k {
		if pattern == keyName || pattern == keySeed {
			continue
		}

		some := false
		for _, key := range sorted {
			fits, _ := path.Match(pattern, key)
			if fits {
				some = true
				if !slices.Contains(chosen, key) {
					chosen = append(chosen, key)
				}
			}
		}

		if !some {
			return nil, fmt.Errorf(
				"no run's configuration has a key %s%s",
				pattern,
				suggest.DidYouMean(pattern, sorted),
			)
		}
	}

	columns := make([]Column, len(chosen))
	for i, key := range chosen {
		columns[i] = Column{key, typeOf(runs, key)}
	}

	return columns, nil
}

// typeOf returns the narrowest type that all values of a key have.
func typeOf(runs []summary, key string) Type {
	// Data frames are easier to work with if numeric columns are typed as numbers, so text is the
	// last resort.
	t := Integer
	for _, s := range runs {
		value, ok := s.header.Config[key]
		if !ok {
			continue
		}

		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			continue
		}

		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return Text
		}

		t = Number
	}

	return t
}

// key returns the run's value for the key of a column, as a cell of the column's type.
func (s summary) key(c Column) Cell {
	value, ok := s.header.Config[c.Name]
	if !ok {
		return Cell{}
	}

	switch c.Type {
	case Integer:
		n, _ := strconv.ParseInt(value, 10, 64) // typeOf has checked it
		return Cell{filled: true, integer: n}
	case Number:
		v, _ := strconv.ParseFloat(value, 64)
		return numberCell(v)
	}

	return textCell(value)
}
