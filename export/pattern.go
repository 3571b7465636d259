package export

import (
	"fmt"
	"path"
	"strings"
)

// A Pattern names metrics by * and ?: "upper_*", and their labels in brackets:
// "spectral_norm[layer=1]", "lower_bound[*]". Without brackets it means a metric's value for the
// whole network, or all labels of a metric that has none.
type Pattern struct {
	metric, label string
	labelled      bool
}

// Whole are the values of all metrics for the whole network.
var Whole = Pattern{metric: "*", labelled: true}

// ParsePatterns reads a comma-separated list of patterns; commas inside brackets belong to labels.
func ParsePatterns(list string) ([]Pattern, error) {
	var all []Pattern
	depth, from := 0, 0
	// A comma behind the list ends its last word like the others.
	for i, r := range list + "," {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == ',' && depth == 0:
			word := strings.TrimSpace(list[from:i])
			p := Pattern{}
			p.metric, p.label, p.labelled = splitLabel(word)
			if _, err := path.Match(p.metric+p.label, ""); err != nil || p.metric == "" {
				return nil, fmt.Errorf(
					"%q is not a metric's name: want one such as test_loss, upper_*, "+
						"spectral_norm[layer=1] or lower_bound[*]",
					word,
				)
			}
			all, from = append(all, p), i+1
		}
	}

	if depth != 0 {
		return nil, fmt.Errorf("%q: a bracket is not closed", list)
	}

	return all, nil
}

// splitLabel takes "metric[label]" apart.
func splitLabel(name string) (metric, label string, labelled bool) {
	metric, label, labelled = strings.Cut(name, "[")
	return metric, strings.TrimSuffix(label, "]"), labelled
}

// withLabel returns a metric and its label as tables call them.
func withLabel(metric, label string) string {
	if label == "" {
		return metric
	}
	return metric + "[" + label + "]"
}

func (p Pattern) matches(metric, label string) bool {
	// Malformed patterns were refused when parsed.
	named, _ := path.Match(p.metric, metric)
	if !p.labelled {
		return named
	}
	fits, _ := path.Match(p.label, label)
	return named && fits
}
