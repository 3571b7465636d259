package runset

import (
	"cmp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// KeyName returns the part of a key by which pages call it: "lr" of train.optimizer.lr, and
// "optimizer" of train.optimizer.name, for there are many names.
func KeyName(key string) string {
	parts := strings.Split(strings.TrimSuffix(key, ".name"), ".")
	return parts[len(parts)-1]
}

// KeyValue returns what a run has for a key, widths without their brackets.
func KeyValue(t *series.Table, key string) string {
	value := t.Header.Config[key]
	if key == KeyHidden {
		value = strings.Trim(value, "[]")
	}
	return value
}

// Numeric reports whether every run has a number for a key.
func Numeric(tables []*series.Table, key string) bool {
	return !slices.ContainsFunc(tables, func(t *series.Table) bool {
		_, ok := query.Number(t, key)
		return !ok
	})
}

// Levels lists the values that runs have for a key, in the order of their numbers.
func Levels(tables []*series.Table, key string) []string {
	runs := slices.SortedStableFunc(slices.Values(tables), func(a, b *series.Table) int {
		x, _ := query.Number(a, key)
		y, _ := query.Number(b, key)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(KeyValue(a, key), KeyValue(b, key)))
	})
	var values []string
	for _, t := range runs {
		values = append(values, KeyValue(t, key))
	}
	return slices.Compact(values)
}

// Labels returns the labels that a metric has in any of the runs, in the order of the first.
func Labels(tables []*series.Table, metric string) []string {
	var all []string
	for _, t := range tables {
		for _, label := range t.Labels(metric) {
			if !slices.Contains(all, label) {
				all = append(all, label)
			}
		}
	}
	return all
}

// IsRegression reports whether a run's network predicts numbers.
func IsRegression(t *series.Table) bool {
	return t.Header.Config[KeyTask] == "regression"
}

// Spreads reports whether positive values lie over a decade or more, for a logarithmic axis.
func Spreads(values []float64) bool {
	return len(values) > 0 && slices.Min(values) > 0 && slices.Max(values) >= 10*slices.Min(values)
}
