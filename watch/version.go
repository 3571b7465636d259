package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// A version identifies the state of a page: the number of bytes read of each series and the state
// of each run, in the order of their names, and a hash of the series' headers.
type version struct {
	origin uint64
	parts  []part
}

// part is the state of one series in a page.
type part struct {
	length int64
	state  rundir.State // state of the run; Unknown for an ensemble
}

// String returns the version as the id of an event.
func (v version) String() string {
	words := []string{strconv.FormatUint(v.origin, 36)}
	for _, p := range v.parts {
		state := slices.Index(rundir.States, p.state)
		words = append(words, strconv.FormatInt(p.length, 36)+"-"+strconv.Itoa(state))
	}
	return strings.Join(words, ".")
}

// parseVersion parses the result of String.
func parseVersion(s string) (version, error) {
	first, rest, _ := strings.Cut(s, ".")
	origin, err := strconv.ParseUint(first, 36, 64)
	if err != nil {
		return version{}, fmt.Errorf("version %.40q: %w", s, err)
	}

	v := version{origin: origin}
	if rest == "" {
		return v, nil
	}

	// The words come from an address or a header and may be of any page that a reader had open.
	for word := range strings.SplitSeq(rest, ".") {
		p, err := parsePart(word)
		if err != nil {
			return version{}, fmt.Errorf("version %.40q: %w", s, err)
		}

		v.parts = append(v.parts, p)
	}

	return v, nil
}

func parsePart(word string) (part, error) {
	first, second, _ := strings.Cut(word, "-")
	length, err := strconv.ParseInt(first, 36, 64)
	if err != nil || length < 0 {
		return part{}, fmt.Errorf("%.40q is not a length", first)
	}
	state, err := strconv.Atoi(second)
	if err != nil || state < 0 || state >= len(rundir.States) {
		return part{}, fmt.Errorf("%.40q is not a state", second)
	}
	return part{length, rundir.States[state]}, nil
}
