package export

import (
	"fmt"
	"path"
	"strings"
)

// A Pattern selects metrics by a name with * and ?, as "upper_*", and labels in brackets, as
// "spectral_norm[layer=1]" or "lower_bound[*]". Without brackets it selects a metric's value for
// the whole network or, if there is none, all of the metric's labels.
type Pattern struct {
	metric, label string
	labelled      bool

	mayLack bool // a default pattern, which need not match any run
}

// Whole selects the whole-network values of all metrics.
var Whole = Pattern{metric: "*", labelled: true}

// Default selects the metrics of a table if the user names none: all whole-network values, and how
// well each target of a regression is predicted.
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

// ParsePatterns parses a comma-separated list of patterns. Commas inside brackets belong to labels.
func ParsePatterns(list string) ([]Pattern, error) {
	var all []Pattern
	depth, from := 0, 0
	// An extra comma terminates the last word like the others.
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

// splitLabel splits "metric[label]" into its parts.
func splitLabel(name string) (metric, label string, labelled bool) {
	metric, label, labelled = strings.Cut(name, "[")
	return metric, strings.TrimSuffix(label, "]"), labelled
}

// withLabel returns the name of a metric and its label in tables, "metric[label]".
func withLabel(metric, label string) string {
	if label == "" {
		return metric
	}
	return metric + "[" + label + "]"
}

func (p Pattern) matches(metric, label string) bool {
	// Malformed patterns were rejected when parsed.
	named, _ := path.Match(p.metric, metric)
	if !p.labelled {
		return named
	}

	// A label may contain a slash, as a target named km/h does, and path.Match stops a star there.
	plain := strings.NewReplacer("/", "\x00")
	fits, _ := path.Match(plain.Replace(p.label), plain.Replace(label))

	return named && fits
}
