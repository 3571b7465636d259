package claims

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/tracker/series"
)

// Labels of the variance bound.
const (
	atZeroByLower = "at=zero,by=lower"
	atMeanByLower = "at=mean,by=lower"
)

func varianceIsBounded(e Evidence) []finding {
	var variances, byLower, looseness, gains spread
	for _, t := range e["double-descent-mse"].Ensembles {
		r := Run{Table: t}
		variance, bound := r.last(series.Variance, ""), r.last(series.VarianceBound, atZeroByLower)
		for _, label := range t.Labels(series.VarianceBound) {
			// The negated comparison counts NaN as a violated bound.
			b := r.last(series.VarianceBound, label)
			if !(variance <= b) {
				return []finding{holds(false, "", "variance %s, its bound (%s) %s at p = %s",
					format(variance), label, format(b), t.Header.Config["model.parameters"])}
			}
		}

		variances = append(variances, variance)
		byLower = append(byLower, bound)
		// Bounds are compared by factors, so average their logarithms.
		looseness = append(looseness, math.Log(bound/variance))
		gains = append(gains, math.Abs(r.last(series.VarianceBound, atMeanByLower)/bound-1))
	}

	if len(variances) < 5 {
		return lacks("%d ensembles", len(variances))
	}

	if !slices.Concat(variances, byLower, gains).finite() {
		return leavesOpen("a variance or a bound on it is not measured, or not finite")
	}

	loose, gain := math.Exp(stat.Mean(looseness, nil)), floats.Max(gains)
	return []finding{
		{Agrees, fmt.Sprintf("%d ensembles", len(variances)), "the bounds hold in all"},
		holds(
			loose >= 10,
			fmt.Sprintf("bound %s times the variance", format(loose)),
			"the bound is %s times the variance",
			format(loose),
		),
		holds(gain <= 0.1, "", "x′ = mean changes the bound by at most %.1f %%", 100*gain),
		onlyInPaper(
			squareLoss,
			e.runs("double-descent-mse"),
			follows("bound and variance over width", variances, byLower),
		),
	}
}

// onlyInPaper returns the finding if the runs are in the paper's setting; otherwise it reports the
// values as not run there.
func onlyInPaper(setting recipe, rs runs, f finding) finding {
	elsewhere := setting.asInPaper(rs)
	if elsewhere != nil {
		return notRun(f.ours, "%s; it decides in the paper's setting only", f.ours)
	}
	return f
}
