package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

var constrained = []Claim{
	{
		Number:      28,
		Statement:   "A constraint on the Lipschitz constant reduces double descent; the test loss follows the bounds",
		Setting:     "claim 13's widths, SGD 0.001, product of norms at most 10 or 1, temperature 10 or 40",
		Paper:       "reduced; test loss follows (shown as curves)",
		Rule:        "at the last epochs, amplitude = largest over widths / value of the largest width, for each seed: under either constraint log amplitude of lower and of test loss is below the unconstrained one by more than 2 standard errors, which itself is above 0 by as much; and over all widths and constraints the rank correlation of mean lower bound and mean test loss is 0.5 or more",
		Experiments: []string{"constrained"},
		recipe:      join(crossEntropy, recipe{"train.optimizer.lr": "0.001", "train.schedule.name": "Cont100"}),
		judge:       constraintReduces,
	},
	{
		Number:      29,
		Statement:   "C_lower as a regulariser lowers it and the test loss, and hardly changes the upper bound",
		Setting:     "LeakyOutput_FF_ReLU_256, loss + λ·C_lower, several λ",
		Paper:       "lower and test loss fall, upper almost unchanged (shown as curves)",
		Rule:        "at the last epochs, at the λ of the least mean test loss among those above 0: test loss and lower bound are below those of λ = 0 by more than 2 standard errors, and the upper bound's change in logarithms is at most half of the lower bound's",
		Experiments: []string{"regularised"},
		recipe:      join(squareLoss, recipe{"model.hidden": "[256]"}),
		judge:       penaltyLowers,
	},
}

func constraintReduces(e Evidence) []finding {
	levels := e.runs("constrained").by(key("train.constraint"))
	if len(levels) < 2 || levels[0].x != 0 {
		return []finding{undecided("", "%d constraints, and none to compare with", len(levels))}
	}
	var all []finding
	for _, m := range []struct{ name, metric string }{{"lower", series.LowerBound}, {"test loss", series.TestLoss}} {
		free := amplitudes(levels[0].runs, m.metric)
		if f := exceeds(free, constant(0), "double descent of "+m.name+" without constraint"); f.verdict != Agrees {
			all = append(all, undecided(f.ours, "no double descent of %s without constraint, so none to reduce", m.name))
			continue
		}
		for _, level := range levels[1:] {
			all = append(all, exceeds(free, amplitudes(level.runs, m.metric), "log amplitude of "+m.name+" free against constraint "+level.value))
		}
	}
	var lower, loss []float64
	for _, level := range levels {
		for _, g := range level.by(width) {
			lower, loss = append(lower, g.last(series.LowerBound, "").mean()), append(loss, g.last(series.TestLoss, "").mean())
		}
	}
	correlation := rankCorrelation(lower, loss)
	if !spread(lower).finite() || !spread(loss).finite() || math.IsNaN(correlation) {
		return append(all, undecided("", "no rank correlation of lower bound and test loss"))
	}
	return append(all, holds(correlation >= 0.5, "rank correlation "+format(correlation), "the rank correlation of lower bound and test loss is %.2f", correlation))
}

// amplitudes are the logarithms, for each seed, of the largest value over widths over that of the
// largest width. NaN for fewer than three widths.
func amplitudes(rs runs, metric string) spread {
	var s spread
	for _, of := range bySeed(rs) {
		widths := of.by(width)
		values := of.of(func(r Run) float64 { return r.last(metric, "") })
		if len(widths) < 3 || !values.finite() {
			s = append(s, math.NaN())
			continue
		}
		most := 0.0
		for _, v := range values {
			most = max(most, v)
		}
		s = append(s, math.Log(most/widths[len(widths)-1].last(metric, "").mean()))
	}
	return s
}

func penaltyLowers(e Evidence) []finding {
	levels := e.runs("regularised").by(key("train.jacobian_penalty"))
	if len(levels) < 2 || levels[0].x != 0 {
		return []finding{undecided("", "%d values of λ, and 0 among them to compare with", len(levels))}
	}
	free, best := levels[0], levels[1]
	for _, level := range levels[1:] {
		if level.last(series.TestLoss, "").mean() < best.last(series.TestLoss, "").mean() {
			best = level
		}
	}
	change := func(metric string) float64 {
		return math.Log(best.last(metric, "").mean() / free.last(metric, "").mean())
	}
	lower, upper := change(series.LowerBound), change(series.UpperProduct)
	at := " at λ = " + best.value
	all := []finding{
		exceeds(free.last(series.TestLoss, ""), best.last(series.TestLoss, ""), "test loss free against"+at),
		exceeds(free.last(series.LowerBound, ""), best.last(series.LowerBound, ""), "lower free against"+at),
	}
	said := fmt.Sprintf("lower × %s, upper × %s%s", format(math.Exp(lower)), format(math.Exp(upper)), at)
	if math.IsNaN(lower) || math.IsNaN(upper) {
		return append(all, undecided("", "a bound is not measured, or not finite"))
	}
	return append(all, holds(math.Abs(upper) <= math.Abs(lower)/2, said, "%s", said))
}
