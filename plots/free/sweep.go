// Package free draws the charts that a reader chooses: any metric against any key, as curves,
// panels or a heat map. [Figures] draws them here, [Explore] lets the browser draw them.
package free

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Sweep is a chart of a set that its reader chooses: a metric against a key.
type Sweep struct {
	// Metric and Label name a curve of the series. The metric [CertifiedBound] stands for the
	// smallest final certified bound. A label with * or ? stands for all labels that match, with
	// one curve each.
	Metric, Label string
	// Epoch is when the metric is read; Final for the last value of each run.
	Epoch int
	// Key is the abscissa: a configuration key in which the runs differ, in full or its last part;
	// "parameters"; or "epoch" or "updates" for the evolution.
	Key string
	// By is a second key with one curve, panel or row for each value; "" for one curve for each
	// setting.
	By   string
	Form Form
}

// Final means that a metric is read at the end of each run.
const Final = -1

// CertifiedBound, in place of a metric, is the certified upper bound of a run that ends smallest.
const CertifiedBound = "certified_bound"

// A Form is how a sweep over two keys is drawn.
type Form string

const (
	Curves Form = "curves" // one picture, a curve for each value of the second key
	Panels Form = "panels" // a small picture for each, with the same axes
	Map    Form = "map"    // a heat map, a row for each
)

// Forms are the forms of a sweep.
var Forms = []Form{Curves, Panels, Map}

// Parse reads METRIC,KEY[,BY[,FORM]], where METRIC is name or name[label], optionally followed by
// @epoch: "lower_bound@500,model.hidden,train.loss,panels". The default form is curves.
func Parse(text string) (Sweep, error) {
	fail := func(format string, args ...any) (Sweep, error) {
		return Sweep{}, fmt.Errorf("sweep %q: %s", text, fmt.Sprintf(format, args...))
	}

	s := Sweep{Epoch: Final, Form: Curves}
	metric, rest, found := strings.Cut(text, ",")
	name, after, labelled := strings.Cut(text, "[")
	if labelled && !strings.Contains(name, ",") {
		label, behind, closed := strings.Cut(after, "]")
		if !closed {
			return fail("the label has no end: ] is missing")
		}

		s.Label = label
		metric, rest, found = strings.Cut(name+behind, ",")
	}

	metric, epoch, at := strings.Cut(metric, "@")
	if s.Metric = metric; metric == "" || !found {
		return fail("want METRIC,KEY[,BY[,FORM]]")
	}

	if at {
		var err error
		if s.Epoch, err = strconv.Atoi(epoch); err != nil || s.Epoch < 0 {
			return fail("epoch %q: must be a whole number from 0", epoch)
		}
	}

	key, rest, _ := strings.Cut(rest, ",")
	by, form, formed := strings.Cut(rest, ",")
	s.Key, s.By = key, by
	if formed {
		s.Form = Form(form)
	}

	switch {
	case key == "" || strings.Contains(form, ","):
		return fail("want METRIC,KEY[,BY[,FORM]]")
	case !slices.Contains(Forms, s.Form):
		return fail("form %q: must be one of %v", s.Form, Forms)
	case s.Form != Curves && s.By == "":
		return fail("%s need a second key", s.Form)
	case s.many() && s.Form == Map:
		return fail("a map is of one label, not of all that fit %s", s.Label)
	case s.evolves() && s.Form == Map:
		return fail("a map needs two keys; %s is none", s.Key)
	case s.evolves() && at:
		return fail("against %s there is no single epoch", s.Key)
	}

	return s, nil
}

// evolves reports whether the abscissa is time.
func (s Sweep) evolves() bool {
	return s.Key == "epoch" || s.Key == "updates"
}

// many reports whether the label is a pattern.
func (s Sweep) many() bool {
	return strings.ContainsAny(s.Label, "*?")
}

// each returns the sweep once for every label of the runs that matches its pattern.
func (s Sweep) each(tables []*series.Table) (sweeps []Sweep) {
	if !s.many() {
		return []Sweep{s}
	}

	for _, t := range tables {
		for _, label := range t.Labels(s.Metric) {
			one := s
			one.Label = label
			fits, _ := path.Match(s.Label, label)
			if fits && !slices.Contains(sweeps, one) {
				sweeps = append(sweeps, one)
			}
		}
	}

	return sweeps
}

// Name returns the name of the sweep's figure, fit for a file:
// "sweep-lower_bound-hidden-label_noise-map".
func (s Sweep) Name() string {
	parts := []string{"sweep", s.Metric, s.Label}
	if s.Epoch != Final {
		parts = append(parts, "at", strconv.Itoa(s.Epoch))
	}
	parts = append(parts, s.Key, s.By)
	if s.Form != Curves {
		parts = append(parts, string(s.Form))
	}
	return figure.Slug(strings.Join(parts, " "))
}

// title returns the title of the sweep's figure.
func (s Sweep) title(name string) string {
	title := figure.Capitalised(name)
	if s.Epoch != Final {
		title += " at epoch " + figure.FormatInt(s.Epoch)
	}

	title += " against " + runset.KeyName(s.Key)
	if s.Form == Map {
		title += " and " + runset.KeyName(s.By)
	}
	return title
}

// curve returns the chosen curve of a run, or nil if it does not have it.
func (s Sweep) curve(t *series.Table) *series.Curve {
	if s.Metric == CertifiedBound {
		return query.BestCertified(t)
	}
	return t.Curve(s.Metric, s.Label)
}

// valueOf returns the chosen value of a run, or NaN if it does not have it.
func (s Sweep) valueOf(t *series.Table) float64 {
	if s.Epoch == Final {
		return query.LastOf(s.curve(t))
	}
	if v, ok := s.curve(t).At(s.Epoch); ok {
		return v
	}
	return math.NaN()
}

// fullKey returns the key that a short name stands for, among the keys in which runs differ.
func fullKey(tables []*series.Table, name string) (string, error) {
	if name == "parameters" || name == runset.KeyParameters {
		return runset.KeyParameters, nil
	}

	keys := query.VaryingKeys(tables)
	if slices.Contains(keys, name) {
		return name, nil
	}

	matches := slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		return runset.KeyName(k) != name && !strings.HasSuffix(k, "."+name)
	})
	switch {
	case len(keys) == 0:
		return "", fmt.Errorf("key %s: the runs differ in nothing but their seeds", name)
	case len(matches) == 0:
		return "", fmt.Errorf(
			"key %s: the runs do not differ in it; they differ in %s",
			name,
			strings.Join(keys, ", "),
		)
	case len(matches) > 1:
		return "", fmt.Errorf("key %s: may be any of %s", name, strings.Join(matches, ", "))
	}

	return matches[0], nil
}
