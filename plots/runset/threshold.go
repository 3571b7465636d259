package runset

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Thresholds returns where along an abscissa networks can just interpolate: where the number of
// parameters p equals the number of training points n for cross-entropy, or the number of target
// values nK for squared error (Khromov & Singh, ICLR 2024). There is one threshold for each
// combination of loss, n and K among the runs. It is exact if the abscissa is p. For an abscissa
// that determines p it is interpolated between two neighbouring runs, linearly in logarithms. There
// is none if p does not vary or is unknown.
func Thresholds(tables []*series.Table, x Abscissa) []figure.Mark {
	demands := map[demand][]*series.Table{}
	for _, t := range tables {
		if d, ok := DemandOf(t); ok {
			demands[d] = append(demands[d], t)
		}
	}

	var marks []figure.Mark
	for d, runs := range demands {
		at, ok := float64(d.Values), true
		if x.Name != ParametersAxis {
			at, ok = placeOf(runs, x, at)
		}
		if ok {
			marks = append(marks, figure.Mark{Name: d.Name + " = p", Value: at})
		}
	}

	slices.SortFunc(marks, func(a, b figure.Mark) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Name, b.Name))
	})
	marks = slices.Compact(marks)
	for i := range marks {
		if len(marks) > 1 {
			marks[i].Name += " = " + figure.FormatInt(int(math.Round(marks[i].Value)))
		}
	}

	return marks
}

// A demand is the number of values that a network must fit to interpolate: n or nK.
type demand struct {
	Name   string
	Values int
}

func DemandOf(t *series.Table) (demand, bool) {
	n, ok := query.Int(t, KeyPoints)
	if !ok {
		return demand{}, false
	}
	switch t.Header.Config[KeyLoss] {
	case "cross_entropy":
		return demand{"n", n}, true
	case "mse", "mse_mean":
		k, ok := query.Int(t, KeyClasses)
		if !ok {
			k, ok = query.Int(t, KeyOutputs)
		}
		return demand{"nK", n * k}, ok
	}
	return demand{}, false
}

// placeOf returns where p passes a value along an abscissa that determines p.
func placeOf(runs []*series.Table, x Abscissa, value float64) (float64, bool) {
	byPlace := map[float64]float64{}
	for _, t := range runs {
		p, ok := query.Number(t, KeyParameters)
		known, has := byPlace[x.Of(t)]
		if !ok || has && known != p {
			return 0, false
		}

		byPlace[x.Of(t)] = p
	}

	places := slices.Sorted(maps.Keys(byPlace))
	for i := 1; i < len(places); i++ {
		a, b := places[i-1], places[i]
		pa, pb := byPlace[a], byPlace[b]
		if a > 0 && (pa-value)*(pb-value) <= 0 && pa != pb {
			return a * math.Pow(b/a, math.Log(value/pa)/math.Log(pb/pa)), true
		}
	}

	return 0, false
}
