package runset

import (
	"slices"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// An Abscissa is the quantity against which the runs of a set are drawn.
type Abscissa struct {
	key, Name string
	Log       bool
	Values    []string // names of the places; nil for numbers
	Of        func(*series.Table) float64
}

const ParametersAxis = "parameters p"

// abscissaOf returns the number of parameters for runs that differ in width, or the hidden units if
// some run lacks that number. For other runs it returns the first key with numbers in all runs.
func abscissaOf(tables []*series.Table, keys []string) (x Abscissa, declined string) {
	if slices.Contains(keys, KeyLayers) && Numeric(tables, KeyParameters) {
		x = AbscissaAlong(tables, KeyParameters, ParametersAxis)
		x.key = KeyLayers
		return x, ""
	}

	switch {
	case !slices.Contains(keys, KeyHidden):
	case Numeric(tables, KeyParameters):
		return AbscissaAlong(tables, KeyParameters, ParametersAxis), ""
	case Numeric(tables, KeyHidden):
		return AbscissaAlong(tables, KeyHidden, "hidden units"), ""
	default:
		return x, "the widths in " + KeyHidden + " cannot be read"
	}

	for _, key := range keys {
		if Numeric(tables, key) {
			return AbscissaAlong(tables, key, key), ""
		}
	}

	return x, "the runs differ in no key of numbers"
}

func AbscissaAlong(tables []*series.Table, key, name string) Abscissa {
	x := Abscissa{
		key:  key,
		Name: name,
		Of: func(t *series.Table) float64 {
			v, _ := query.Number(t, key)
			return v
		},
	}
	if key == KeyParameters {
		x.key = KeyHidden
	}

	var values []float64
	for _, t := range tables {
		values = append(values, x.Of(t))
	}
	x.Log = x.key == KeyHidden || Spreads(values)
	return x
}

// AbscissaOver returns the abscissa of a key that the reader chose: the number of parameters for
// the widths if it is known, numbers if all runs have them, else names.
func AbscissaOver(tables []*series.Table, key string) Abscissa {
	switch {
	case (key == KeyHidden || key == KeyParameters) && Numeric(tables, KeyParameters):
		return AbscissaAlong(tables, KeyParameters, ParametersAxis)
	case Numeric(tables, key):
		return AbscissaAlong(tables, key, KeyName(key))
	}

	names := Levels(tables, key)
	return Abscissa{
		key:    key,
		Name:   KeyName(key),
		Values: names,
		Of: func(t *series.Table) float64 {
			return float64(slices.Index(names, KeyValue(t, key)))
		},
	}
}

// trend returns the power law of points over a numeric abscissa if there are enough of them.
func (x Abscissa) trend(name string, points []figure.Row) []TrendRow {
	var at, values []float64
	for _, r := range points {
		at = append(at, r[0])
		values = append(values, r[1])
	}
	law := trend.Fit(at, values)
	if x.Values == nil && law.N >= query.LeastFitted && query.Finite(law.Slope) {
		return []TrendRow{{name, law}}
	}
	return nil
}
