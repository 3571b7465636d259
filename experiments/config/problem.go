package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problems is the error of [Load] for an invalid config. It lists all problems, first those of the
// file by line, then those of environment variables, then those of arguments.
type Problems []Problem

// Error lists the problems, one per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sort() {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.from.layer, b.from.layer),
			cmp.Compare(a.from.line, b.from.line),
			cmp.Compare(a.from.source, b.from.source),
			cmp.Compare(a.Key, b.Key),
		)
	})
}

// NoQuickForm reports whether the only problem of a config is that it has no quick form.
func NoQuickForm(err error) bool {
	var p Problems
	return errors.As(err, &p) && len(p) == 1 && p[0].Key == "quick"
}

// Problem is one thing that is wrong with a config.
type Problem struct {
	// Key is the dotted key with the problem; empty if no key is at fault.
	Key string
	// Message describes what was found and what is allowed.
	Message string
	from    origin
}

// String returns "source: key: message", with the line if the source is a file.
func (p Problem) String() string {
	if p.Key == "" {
		return fmt.Sprintf("%s: %s", p.from, p.Message)
	}
	return fmt.Sprintf("%s: %s: %s", p.from, p.Key, p.Message)
}

// origin is the place where a setting was made.
type origin struct {
	layer  int    // fileLayer, environmentLayer or argumentLayer
	source string // path of the file, name of the variable, "command line"
	line   int    // in the file; 0 elsewhere
}

const (
	fileLayer = iota
	environmentLayer
	argumentLayer
)

func (o origin) String() string {
	if o.line > 0 {
		return fmt.Sprintf("%s:%d", o.source, o.line)
	}
	return o.source
}

// atLine returns the origin with the given line, if its source has lines.
func (o origin) atLine(line int) origin {
	if o.layer == fileLayer {
		o.line = line
	}
	return o
}
