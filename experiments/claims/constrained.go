package claims

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/tracker/series"
)

var constraintSetting = join(
	crossEntropy,
	recipe{"train.optimizer.lr": "0.001", "train.schedule.name": "Cont100"},
)

// leastReduction is the ratio by which an amplitude must stand out, and by which a constraint must
// lower it.
const leastReduction = 1.05

func constraintReduces(e Evidence) []finding {
	rs := e.runs("constrained")
	levels := rs.groupBy(key("train.constraint"))
	if len(levels) < 2 || levels[0].x != 0 {
		return lacks("%d constraints, and none to compare with", len(levels))
	}

	var all []finding
	for _, m := range []named{namedLower, namedTestLoss} {
		// An effect that is absent without the constraint cannot be reduced by it.
		free := amplitudes(levels[0].runs, m.metric)
		f := exceeds("double descent of "+m.name, free, free.ones(), leastReduction)
		if f.verdict != Agrees {
			all = append(
				all,
				undecided(
					f.ours,
					"no double descent of %s without constraint, so none to reduce",
					m.name,
				),
			)
			continue
		}

		for _, level := range levels[1:] {
			held := amplitudes(level.runs, m.metric)
			all = append(
				all,
				exceeds(
					"amplitude of "+m.name+" free against constraint "+level.value,
					free,
					held,
					leastReduction,
				),
			)
		}
	}

	for _, level := range levels {
		var lower, loss []float64
		for _, g := range level.groupBy(width) {
			lower = append(lower, g.mean(series.LowerBound))
			loss = append(loss, g.mean(series.TestLoss))
		}

		name := "lower and test loss at constraint " + level.value
		if level.x == 0 {
			name = "lower and test loss without constraint"
		}

		all = append(all, onlyInPaper(constraintSetting, rs, follows(name, lower, loss)))
	}

	return all
}

// ones returns a spread of ones of the same length, to compare a ratio with.
func (s spread) ones() spread {
	return slices.Repeat(spread{1}, len(s))
}

// amplitudes returns, for each seed, the ratio of the largest value over all widths to the value at
// the largest width, NaN for fewer than three widths.
func amplitudes(rs runs, metric string) spread {
	var s spread
	for _, ofSeed := range bySeed(rs) {
		widths := ofSeed.groupBy(width)
		values := ofSeed.valuesOf(lastOf(metric))
		// With two widths, the largest value cannot be between others.
		if len(widths) < 3 || !values.finite() {
			s = append(s, math.NaN())
			continue
		}
		s = append(s, floats.Max(values)/widths[len(widths)-1].mean(metric))
	}
	return s
}

func penaltyLowers(e Evidence) []finding {
	levels := e.runs("regularised").groupBy(key("train.jacobian_penalty"))
	if len(levels) < 2 || levels[0].x != 0 {
		return lacks("%d values of λ, and 0 among them to compare with", len(levels))
	}

	var all []finding

	// Each additional λ is another chance to be right by luck, so each is tested at its share of
	// the level.
	for _, held := range levels[1:] {
		all = append(all, penaltyAt(levels[0], held, level/float64(len(levels)-1)))
	}
	return []finding{anyOf(all)}
}

// penaltyAt compares one λ with none, each test at the given level.
func penaltyAt(free, held group, level float64) finding {
	exceeding := func(name string, a, b group, value func(Run) float64, least float64) finding {
		return exceedsAt(level, name, a.valuesOf(value), b.valuesOf(value), least)
	}

	// In logarithms, the upper bound changes by less than half as much as the lower bound if
	// upper/√lower rises and upper·√lower falls.
	parts := []finding{
		exceeding("lower without over with", free, held, lastOf(series.LowerBound), 1.05),
		exceeding("test loss", free, held, lastOf(series.TestLoss), 1.01),
		exceeding("upper/√lower", held, free, upperTimesLower(-0.5), 1),
		exceeding("upper·√lower", free, held, upperTimesLower(0.5), 1),
	}

	change := func(metric string) string {
		return format(held.mean(metric) / free.mean(metric))
	}
	said := fmt.Sprintf("λ = %s: lower × %s, test loss × %s, upper × %s",
		held.value, change(series.LowerBound), change(series.TestLoss), change(series.UpperProduct))
	v, _, why := combine(parts)

	return finding{v, said, "λ = " + held.value + ": " + why}
}

// upperTimesLower returns upper · lower^exponent.
func upperTimesLower(exponent float64) func(Run) float64 {
	return func(r Run) float64 {
		return r.last(series.UpperProduct, "") * math.Pow(r.last(series.LowerBound, ""), exponent)
	}
}

// anyOf returns agreement if any finding agrees, and disagreement if all disagree.
func anyOf(all []finding) finding {
	parts := map[Verdict][]finding{}
	for _, f := range all {
		parts[f.verdict] = append(parts[f.verdict], f)
	}

	verdict := verdictOf(len(parts[Agrees]) > 0, len(parts[Disagrees]) == len(all))
	_, ours, _ := combine(all)
	_, _, why := combine(parts[verdict])
	return finding{verdict, ours, why}
}
