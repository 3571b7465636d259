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

// place is where in a training a checkpoint stands.
type place struct {
	epoch int
	step  int // number of updates; 0 where nothing says it
}

var (
	epochInName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:epoch|ep)[-_=. ]?(\d+)`)
	stepInName  = regexp.MustCompile(
		`(?i)(?:^|[^a-z])(?:global_?step|step|iter|iteration)s?[-_=. ]?(\d+)`,
	)
	digits = regexp.MustCompile(`\d+`)
	// versionInName is what Lightning adds to a name that is taken, as in last-v1.ckpt.
	versionInName = regexp.MustCompile(`(?i)([-_.])v\d+`)
)

// pattern says which names are those of checkpoints, and where their epochs stand.
type pattern struct {
	text  string
	match *regexp.Regexp // with a group for the epoch
}

const epochField = "{epoch}"

// newPattern reads a pattern: a name with {epoch} in place of the number and, if need be, * in
// place of anything else. One with a slash is that of the end of a path.
func newPattern(text string) (*pattern, error) {
	if strings.Count(text, epochField) != 1 {
		return nil, fmt.Errorf("the pattern %s must hold %s once, as in "+
			"'mlp_{epoch}.pt'", input.Printable(text), epochField)
	}

	source := regexp.QuoteMeta(text)
	source = strings.ReplaceAll(source, regexp.QuoteMeta(epochField), `(\d+)`)
	// A star must not reach into another folder; the shortest match leaves the digits to {epoch}.
	source = strings.ReplaceAll(source, `\*`, `[^/]*?`)

	match, err := regexp.Compile(`(?:^|/)` + source + `$`)
	if err != nil {
		return nil, err
	}

	return &pattern{text, match}, nil
}

// placesIn says of each name where in the training its checkpoint stands, by the numbers in the
// names; of a name that does not say, nothing. None of the names having a number, it returns nil.
func (p *pattern) placesIn(names []string) (map[string]place, error) {
	if p != nil {
		return placesBy(p.match, names)
	}

	// A name that says "epoch" is surer than any other number in it. One such name decides for all,
	// and those without are left out.
	if slices.ContainsFunc(names, epochInName.MatchString) {
		return placesBy(epochInName, names)
	}

	// Names without any number, such as best.pt, say nothing about which number varies; a version
	// does not count.
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

// addPlace notes where a checkpoint stands, by its name and the number of the epoch in that.
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

// placesBy takes the epoch from the last match of an expression in each name that has one.
func placesBy(match *regexp.Regexp, names []string) (map[string]place, error) {
	places := map[string]place{}
	for _, name := range names {
		// Names are paths below the folder, so an earlier match may be that of a folder's name.
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

// stepOf returns the number of updates that a name says, 0 where it says none.
func stepOf(name string) int {
	found := stepInName.FindStringSubmatch(name)
	if found == nil {
		return 0
	}
	// The step is kept only to be shown beside the epoch: one that overflows is taken for none.
	step, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return step
}

// errAmbiguous is wrapped by errors about names of which more numbers than one may be the epoch.
var errAmbiguous = errors.New(
	"say which number is the epoch with a pattern, as in --epoch 'mlp_{epoch}.pt'",
)

// varyingNumber returns which number of the names is the epoch: the only one, or the only one that
// differs between names that are otherwise alike.
func varyingNumber(names []string) (which int, err error) {
	first := names[0]

	// Names with every number replaced must be equal, or the n-th number of one is not that of
	// another.
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

	// A width or a date that all the names share is not the epoch.
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
