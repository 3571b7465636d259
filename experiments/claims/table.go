package claims

import "slices"

// All is the table of the claims, by number: a family a file.
var All = slices.Concat(
	initialValues,    // 1
	trajectory,       // 2–4
	orderOfBounds,    // 5
	growth,           // 6–9
	fidelity,         // 10–12
	doubleDescent,    // 13, 14
	varianceBound,    // 15
	architecture,     // 16–19
	optimisers,       // 20, 21
	losses,           // 22
	beyondData,       // 23, 24
	labelNoise,       // 25
	parameterBounds,  // 26, 27
	constrained,      // 28, 29
	reviewersRequest, // 30
)

// Of returns the claims that need an experiment.
func Of(experiment string) []Claim {
	var some []Claim
	for _, c := range All {
		if slices.Contains(c.Experiments, experiment) {
			some = append(some, c)
		}
	}
	return some
}
