package external

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// place is the position of a checkpoint in a training.
type place struct {
	epoch int
	step  int // number of updates; 0 if unknown
}

var (
	epochInName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:epoch|ep)[-_=. ]?(\d+)`)
	stepInName  = regexp.MustCompile(
		`(?i)(?:^|[^a-z])(?:global_?step|step|iter|iteration)s?[-_=. ]?(\d+)`,
	)
	digits = regexp.MustCompile(`\d+`)
	// versionInName matches what Lightning adds to a name that already exists, as in last-v1.ckpt.
	versionInName = regexp.MustCompile(`(?i)([-_.])v\d+`)
)

// pattern describes the names of checkpoints and the position of the epoch in them.
type pattern struct {
	text  string
	match *regexp.Regexp // with a group for the epoch
}

const epochField = "{epoch}"

// newPattern parses a pattern: a name with {epoch} in place of the number and, optionally, * in
// place of anything else. A pattern with a slash matches the end of a path.
func newPattern(text string) (*pattern, error) {
	if strings.Count(text, epochField) != 1 {
		return nil, fmt.Errorf("the pattern %s must hold %s once, as in "+
			"'mlp_{epoch}.pt'", input.Printable(text), epochField)
	}

	source := regexp.QuoteMeta(text)
	source = strings.ReplaceAll(source, regexp.QuoteMeta(epochField), `(\d+)`)
	// A star must not match across folders; the shortest match leaves the digits to {epoch}.
	source = strings.ReplaceAll(source, `\*`, `[^/]*?`)

	match, err := regexp.Compile(`(?:^|/)` + source + `$`)
	if err != nil {
		return nil, err
	}

	return &pattern{text, match}, nil
}

// placesIn returns the place of each checkpoint by the numbers in its name, without the names that
// give none. It returns nil if no name has a number.
func (p *pattern) placesIn(names []string) (map[string]place, error) {
	if p != nil {
		return placesBy(p.match, names)
	}

	// The word "epoch" in a name is more reliable than any other number. One such name decides for
	// all, and names without it are left out.
	if slices.ContainsFunc(names, epochInName.MatchString) {
		return placesBy(epochInName, names)
	}

	// Names without any number, such as best.pt, do not show which number varies; a version does
	// not count.
	var numbered, plain []string
	for _, name := range names {
		unversioned := versionInName.ReplaceAllString(name, "$1")
		if digits.MatchString(unversioned) {
			numbered = append(numbered, name)
			plain = append(plain, unversioned)
		}
	}

	if len(numbered) == 0 {
		return nil, nil
	}

	which, err := varyingNumber(plain)
	if err != nil {
		return nil, err
	}

	places := map[string]place{}
	for i, name := range numbered {
		err := addPlace(places, name, digits.FindAllString(plain[i], -1)[which])
		if err != nil {
			return nil, err
		}
	}

	return places, nil
}

// addPlace records the place of a checkpoint by its name and the epoch number found in it.
func addPlace(places map[string]place, name, number string) error {
	epoch, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf(
			"%s: the number in the name is too large for an epoch",
			input.Printable(name),
		)
	}

	places[name] = place{epoch, stepOf(name)}
	return nil
}

// placesBy takes the epoch from the last match of an expression in each name.
func placesBy(match *regexp.Regexp, names []string) (map[string]place, error) {
	places := map[string]place{}
	for _, name := range names {
		// Names are paths below the folder, so an earlier match may be part of a folder's name.
		found := match.FindAllStringSubmatch(name, -1)
		if found == nil {
			continue
		}

		err := addPlace(places, name, found[len(found)-1][1])
		if err != nil {
			return nil, err
		}
	}

	return places, nil
}

// stepOf returns the number of updates in a name, 0 if there is none.
func stepOf(name string) int {
	found := stepInName.FindStringSubmatch(name)
	if found == nil {
		return 0
	}
	// The step is only displayed next to the epoch, so one that overflows counts as missing.
	step, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return step
}

// errAmbiguous is wrapped by errors about names in which more than one number may be the epoch.
var errAmbiguous = errors.New(
	"say which number is the epoch with a pattern, as in --epoch 'mlp_{epoch}.pt'",
)

// varyingNumber returns the index of the number that is the epoch: the only one, or the only one
// that differs between otherwise equal names.
func varyingNumber(names []string) (which int, err error) {
	first := names[0]

	// The names must be equal except for their numbers, or the n-th numbers of two names mean
	// different things.
	form := digits.ReplaceAllString(first, "0")
	for _, name := range names {
		if digits.ReplaceAllString(name, "0") != form {
			return 0, fmt.Errorf("the names %s and %s are not alike: %w",
				input.Printable(first), input.Printable(name), errAmbiguous)
		}
	}

	numbers := digits.FindAllString(first, -1)
	if len(numbers) == 1 {
		return 0, nil
	}

	// A width or a date shared by all names is not the epoch.
	var varying []int
	for i := range numbers {
		differs := func(name string) bool {
			return digits.FindAllString(name, -1)[i] != numbers[i]
		}
		if slices.ContainsFunc(names, differs) {
			varying = append(varying, i)
		}
	}

	if len(varying) != 1 {
		return 0, fmt.Errorf("names like %s have %d numbers, of which %d differ: %w",
			input.Printable(first), len(numbers), len(varying), errAmbiguous)
	}

	return varying[0], nil
}
