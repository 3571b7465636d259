package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Limits are the limits of a check: beyond Attention it needs attention, beyond Fail it fails. NaN
// means no limit.
type Limits struct{ Attention, Fail float64 }

// Thresholds maps names of checks to their limits. Other checks keep their defaults.
type Thresholds map[string]Limits

// ReadThresholds reads a YAML file such as
//
//	flips_found: {attention: 0.01, fail: 0.05}
//	bound_gap:   {attention: off}
//
// in which a missing limit keeps its default. A key such as "output_change_seen of power" sets
// limits for one target of a regression, in its unit. Unknown keys, limits that are neither off nor
// numbers ≥ 0, and limits in the wrong order are errors; all of them are reported together, with
// their lines.
func ReadThresholds(path string) (Thresholds, error) {
	b, err := input.ReadText(path)
	if err != nil {
		return nil, fmt.Errorf("thresholds: %w", err)
	}
	t, err := parseThresholds(b)
	if err != nil {
		return nil, fmt.Errorf("thresholds %s: %w", path, err)
	}
	return t, nil
}

// errNoLimits is returned for a file that was truncated, or is the wrong file.
var errNoLimits = errors.New("it has no limits: omit --thresholds to use the defaults")

func parseThresholds(b []byte) (Thresholds, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errNoLimits
		}

		return nil, err
	}

	// A second document, and the limits in it, would be ignored silently.
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}

		return nil, fmt.Errorf(
			"line %d: a second document begins here: all limits must be in one document",
			second.Line,
		)
	}

	t := Thresholds{}
	root := document.Content[0]
	if root.ShortTag() == "!!null" || root.Kind == yaml.MappingNode && len(root.Content) == 0 {
		return nil, errNoLimits
	}

	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf(
			"line %d: must be a map from checks to limits, as in flips_found: {fail: 0.05}",
			root.Line,
		)
	}

	// All errors are reported together, each with its line.
	var errs []error
	for key, value := range yamlnode.Pairs(root) {
		if err := t.addLimits(key, value); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %s: %w", key.Line, key.Value, err))
		}
	}

	return t, errors.Join(errs...)
}

// addLimits reads the limits of one check.
func (t Thresholds) addLimits(key, value *yaml.Node) error {
	c, _, err := checkNamed(key.Value)
	if err != nil {
		return err
	}

	// In YAML libraries the last of two equal keys wins, which may be the wrong one.
	if _, twice := t[key.Value]; twice {
		return errors.New("it is given twice")
	}

	if value.Kind != yaml.MappingNode || len(value.Content) == 0 {
		return errors.New("must be limits, as in {attention: 0.01, fail: 0.05}")
	}

	l := c.limits
	limits := map[string]*float64{"attention": &l.Attention, "fail": &l.Fail}
	given := map[string]bool{}
	for entry, text := range yamlnode.Pairs(value) {
		name := entry.Value
		if given[name] {
			return fmt.Errorf("%s is given twice (line %d)", name, entry.Line)
		}

		given[name] = true
		if limits[name] == nil {
			return fmt.Errorf(
				"unknown key %s (line %d): must be attention or fail",
				name,
				entry.Line,
			)
		}

		v, err := readLimit(text)
		if err != nil {
			return err
		}

		*limits[name] = v
	}

	// A missing limit keeps its default, so the order is checked when both are known.
	t[key.Value] = l

	return c.inOrder(l)
}

// readLimit reads a decimal number; it returns none for the text off.
func readLimit(n *yaml.Node) (float64, error) {
	if n.Kind == yaml.ScalarNode && n.Value == "off" {
		return none, nil
	}

	v, err := decimal.Number(n.Value) // YAML would read 010 as 8
	if err != nil || !yamlnode.IsPlain(n) || v < 0 {
		return 0, fmt.Errorf(
			"limit %.40q: must be a decimal number ≥ 0 without quotes, or off",
			n.Value,
		)
	}
	return v, nil
}

// inOrder returns an error if the check could fail before it needs attention.
func (c check) inOrder(l Limits) error {
	switch {
	case c.atMost && l.Attention > l.Fail:
		return fmt.Errorf(
			"attention above %g but fail above %g: the value is good if small, so fail must not be less",
			l.Attention,
			l.Fail,
		)
	case !c.atMost && l.Attention < l.Fail:
		return fmt.Errorf(
			"attention below %g but fail below %g: the value is good if large, so fail must not be more",
			l.Attention,
			l.Fail,
		)
	}

	return nil
}
