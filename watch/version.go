package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// A version names the state of a page: how many bytes it has read of each of its series and how the
// runs stood, in the order of their names, and what the series began with.
type version struct {
	origin uint64
	parts  []part
}

// part is one series in the state of a page.
type part struct {
	length int64
	state  rundir.State // of the run; Unknown for an ensemble
}

// String writes a version as the id of an event.
func (v version) String() string {
	words := []string{strconv.FormatUint(v.origin, 36)}
	for _, p := range v.parts {
		state := slices.Index(rundir.States, p.state)
		words = append(words, strconv.FormatInt(p.length, 36)+"-"+strconv.Itoa(state))
	}
	return strings.Join(words, ".")
}

// parseVersion reads back what String wrote.
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

	// The words come from the address or a header, from whatever page a reader had open.
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
