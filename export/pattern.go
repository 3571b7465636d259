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

	mayLack bool // nobody asked for it, so that no run need have it
}

// Whole are the values of all metrics for the whole network.
var Whole = Pattern{metric: "*", labelled: true}

// Default are the metrics of a table that names none: those of the whole network, and how well each
// target of a regression is predicted.
var Default = []Pattern{
	Whole,
	{
		metric:   "*_mse",
		label:    "target=*",
		labelled: true,
		mayLack:  true,
	},
	{
		metric:   "*_r2",
		label:    "target=*",
		labelled: true,
		mayLack:  true,
	},
}

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
			_, err := path.Match(p.metric+p.label, "")
			if err != nil || p.metric == "" {
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

	// A label may hold a slash, as a target named km/h does, at which a star would stop.
	plain := strings.NewReplacer("/", "\x00")
	fits, _ := path.Match(plain.Replace(p.label), plain.Replace(label))

	return named && fits
}
