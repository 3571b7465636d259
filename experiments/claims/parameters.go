package claims

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/tracker/derive"
	"github.com/liptrack/liptrack/tracker/series"
)

var sixLayers = join(crossEntropy, recipe{
	"model.hidden": "[100, 100, 80, 80, 60, 60]", "train.optimizer.lr": "0.04", "train.batch_size": "1000",
	"train.schedule.name": "Cont50",
})

var linearised = join(initial256, recipe{"track.linearisation.points": "470"})

func mixedDerivatives(e Evidence) []finding {
	rs := e.runs("linearisation").ofSeed(paperSeed)
	missing := linearised.asInPaper(rs)
	if missing != nil {
		return missing
	}
	return []finding{
		valueNear("mean", rs.valuesAt(series.MixedDerivativeMean, 0), 3.127, 0.1),
		valueNear("deviation", rs.valuesAt(series.MixedDerivativeStd, 0), 0.619, 0.25),
		valueNear("largest", rs.valuesAt(series.MixedDerivativeMax, 0), 4.685, 0.15),
	}
}

// evolutionBounds are the two bounds on the evolution.
var evolutionBounds = []struct {
	name   string
	values func(derive.Evolution) []float64
}{
	{"bound 1", func(e derive.Evolution) []float64 { return e.Path }},
	{"bound 2", func(e derive.Evolution) []float64 { return e.Updates }},
}

func boundedByPath(e Evidence) []finding {
	rs := e.runs("evolution-bounds")
	evolutions := make([]derive.Evolution, len(rs))
	for i, r := range rs {
		var err error
		evolutions[i], err = derive.NewEvolution(r.Table)
		if err != nil {
			return lacks("run %s: %v", r.Header.Run, err)
		}
	}

	var all []finding
	// Correlate run by run: in pooled data, differences between seeds would look like a trend.
	for _, bound := range evolutionBounds {
		var correlations, early, product spread
		for i, r := range rs {
			c := r.compareEvolution(evolutions[i].Epochs, bound.values(evolutions[i]))
			correlations = append(correlations, c.correlation)
			early = append(early, c.early)
			product = append(product, c.product)
		}

		all = append(
			all,
			above(bound.name+" and lower: correlation of logarithms", correlations, 0.9),
			exceeds("first product of norms over "+bound.name, product, early, 1),
		)
	}

	return all
}

// comparison compares a bound on the evolution with the measurements.
type comparison struct {
	// correlation is the correlation between the logarithms of the bound and of the lower bound
	// over epochs after 0.
	correlation float64
	// early and product are the bound and the product of norms at the first epoch after 0.
	early, product float64
}

// compareEvolution compares the values of a bound at some epochs with the bounds that a run
// measured. Missing values are NaN.
func (r Run) compareEvolution(epochs []int, values []float64) comparison {
	c := comparison{math.NaN(), math.NaN(), math.NaN()}
	var lower, bound []float64
	for i, epoch := range epochs {
		v := r.valueAt(series.LowerBound, "", epoch)
		if epoch == 0 || math.IsNaN(v) {
			continue
		}

		if len(lower) == 0 {
			c.early, c.product = values[i], r.valueAt(series.UpperProduct, "", epoch)
		}

		lower = append(lower, math.Log(v))
		bound = append(bound, math.Log(values[i]))
	}

	// Two points always correlate.
	if len(lower) >= 3 {
		c.correlation = stat.Correlation(lower, bound, nil)
	}

	return c
}
