package figure

import (
	"fmt"
	"strings"
	"unicode"
)

// Slugs are the IDs that figures of a page have already, with how often each was asked for.
type Slugs map[string]int

// Slug returns the slug of a name, with a number behind where an earlier name gave the same.
func (ids Slugs) Slug(name string) string {
	id := Slug(name)
	if ids[id]++; ids[id] > 1 {
		return fmt.Sprintf("%s-%d", id, ids[id])
	}
	return id
}

// Slug returns a name's letters, digits and underscores in lower case, with dashes between.
func Slug(name string) string {
	apart := func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, apart), "-"))
}
