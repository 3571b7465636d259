package watch

import (
	"fmt"
	"strconv"
	"strings"
)

// A version names the state of a page: how many bytes it has read of each of its series, in the
// order of their names, and what these began with.
type version struct {
	origin  uint64
	lengths []int64
}

// String writes a version as the id of an event.
func (v version) String() string {
	parts := []string{strconv.FormatUint(v.origin, 36)}
	for _, n := range v.lengths {
		parts = append(parts, strconv.FormatInt(n, 36))
	}
	return strings.Join(parts, ".")
}

func parseVersion(s string) (v version, err error) {
	first, rest, _ := strings.Cut(s, ".")
	if v.origin, err = strconv.ParseUint(first, 36, 64); err != nil {
		return v, fmt.Errorf("version %q: %w", s, err)
	}
	if rest == "" {
		return v, nil
	}
	for part := range strings.SplitSeq(rest, ".") {
		n, err := strconv.ParseInt(part, 36, 64)
		if err != nil || n < 0 {
			return v, fmt.Errorf("version %q: %q is not a length", s, part)
		}
		v.lengths = append(v.lengths, n)
	}
	return v, nil
}
