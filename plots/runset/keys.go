package runset

import (
	"cmp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// KeyName returns the short name of a key on pages: "lr" for train.optimizer.lr, and "optimizer"
// for train.optimizer.name, because many keys end in name.
func KeyName(key string) string {
	parts := strings.Split(strings.TrimSuffix(key, ".name"), ".")
	return parts[len(parts)-1]
}

// KeyValue returns a run's value of a key; widths come without brackets.
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

// Levels lists the distinct values that runs have for a key, in numeric order.
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

// Spreads reports whether all values are positive and span at least a decade, so that they need a
// logarithmic axis.
func Spreads(values []float64) bool {
	return len(values) > 0 && slices.Min(values) > 0 && slices.Max(values) >= 10*slices.Min(values)
}
