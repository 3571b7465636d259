package dataset

import (
	"errors"
	"fmt"
	"math"
)

// KeyError is a configured value that is not allowed. The Validate functions of this package
// return as many of them as there are, joined by [errors.Join].
type KeyError struct {
	Key   string // as in YAML, dotted where nested: "mnist1d.samples"
	Value any
	Want  string // what is allowed
}

func (e *KeyError) Error() string { return fmt.Sprintf("%s: %v (want %s)", e.Key, e.Value, e.Want) }

// problems collects what is wrong with a configuration, so that all of it is told at once.
type problems []*KeyError

// require notes, unless ok, that the value under a key is not what is wanted.
func (p *problems) require(ok bool, key string, value any, want string, args ...any) {
	if !ok {
		*p = append(*p, &KeyError{key, value, fmt.Sprintf(want, args...)})
	}
}

func (p *problems) requireNonNegative(key string, value float64) {
	p.require(value >= 0 && !math.IsInf(value, 1), key, value, "a finite number, 0 or more")
}

// within notes the problems of what is nested under a key.
func (p *problems) within(key string, nested problems) {
	for _, e := range nested {
		*p = append(*p, &KeyError{key + "." + e.Key, e.Value, e.Want})
	}
}

func (p problems) err() error {
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errors.Join(errs...)
}
