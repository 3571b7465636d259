package claims

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/tracker/series"
)

// Labels of the variance bound.
const (
	atZeroByLower = "at=zero,by=lower"
	atMeanByLower = "at=mean,by=lower"
)

var varianceBound = []Claim{{
	Number:      15,
	Statement:   "Lipschitz constants bound the variance over seeds; loosely, but with its shape",
	Setting:     "the networks of claim 14, 4 seeds a width",
	Paper:       "variance below its bounds at every width, by orders of magnitude; alike in shape; x′ = mean gains next to nothing",
	Rule:        "over five or more ensembles of two or more seeds: the variance is below each of its bounds in every one; the bound by lower is ten times the variance or more in the geometric mean; the rank correlation of the two over the ensembles is 0.5 or more; and x′ = mean changes that bound by at most 10 %",
	Experiments: []string{"double-descent-mse"},
	recipe:      squareLoss,
	judge:       varianceIsBounded,
}}

func varianceIsBounded(e Evidence) []finding {
	var variances, byLower spread
	var looseness, gains spread
	for _, t := range e["double-descent-mse"].Ensembles {
		r := Run{Table: t}
		variance, bound := r.last(series.Variance, ""), r.last(series.VarianceBound, atZeroByLower)
		for _, label := range t.Labels(series.VarianceBound) {
			if b := r.last(series.VarianceBound, label); !(variance <= b) {
				return []finding{{Disagrees, "", fmt.Sprintf("variance %s, its bound (%s) %s at p = %s", format(variance), label, format(b), t.Header.Config["model.parameters"])}}
			}
		}
		variances, byLower = append(variances, variance), append(byLower, bound)
		looseness = append(looseness, math.Log(bound/variance))
		gains = append(gains, math.Abs(r.last(series.VarianceBound, atMeanByLower)/bound-1))
	}
	if len(variances) < 5 {
		return []finding{undecided("", "%d ensembles", len(variances))}
	}
	if !variances.finite() || !byLower.finite() || !gains.finite() {
		return []finding{undecided("", "a variance or a bound on it is not measured, or not finite")}
	}
	loose, correlation := math.Exp(stat.Mean(looseness, nil)), rankCorrelation(variances, byLower)
	gain := 0.0
	for _, g := range gains {
		gain = max(gain, g)
	}
	return []finding{
		{Agrees, fmt.Sprintf("%d ensembles", len(variances)), "the bounds hold in all"},
		holds(loose >= 10, fmt.Sprintf("bound %s times the variance", format(loose)), "the bound is %s times the variance", format(loose)),
		holds(correlation >= 0.5, "rank correlation "+format(correlation), "the rank correlation is %.2f", correlation),
		holds(gain <= 0.1, "", "x′ = mean changes the bound by at most %.1f %%", 100*gain),
	}
}
