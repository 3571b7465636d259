package figure

import (
	"fmt"
	"strings"
	"unicode"
)

// Slugs counts how often each ID was requested on a page.
type Slugs map[string]int

// Slug returns the slug of a name, followed by a number if an earlier name had the same slug.
func (ids Slugs) Slug(name string) string {
	id := Slug(name)
	if ids[id]++; ids[id] > 1 {
		return fmt.Sprintf("%s-%d", id, ids[id])
	}
	return id
}

// Slug returns the letters, digits and underscores of a name in lower case; everything else becomes
// dashes.
func Slug(name string) string {
	apart := func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, apart), "-"))
}
