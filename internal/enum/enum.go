// Package enum parses the names of enumerations that configurations mention.
package enum

import (
	"fmt"
	"slices"
	"strings"
)

// Parse returns the value whose name it is: the index in names. The error of any other name says
// what it was to be, and lists the names.
func Parse[E ~int](what, name string, names []string) (E, error) {
	if i := slices.Index(names, name); i >= 0 {
		return E(i), nil
	}
	return 0, fmt.Errorf("unknown %s %q: must be one of %s", what, name, strings.Join(names, ", "))
}
