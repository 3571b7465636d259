package claims

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed claims.yaml
var prose []byte

// All is the table of the claims, by number: their prose and, a family a file, their judges.
var All = withJudges(prose,
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

// withJudges reads the prose of the claims and gives each its judge. It panics where the two do not
// fit, which a program that starts has ruled out.
func withJudges(prose []byte, families ...map[int]judge) []Claim {
	var all []Claim
	err := yaml.Unmarshal(prose, &all)
	if err != nil {
		panic(fmt.Sprintf("claims.yaml: %v", err))
	}

	judges := map[int]judge{}
	for _, family := range families {
		maps.Copy(judges, family)
	}

	// A claim without its judge would be left out of every table in silence.
	for i := range all {
		j, ok := judges[all[i].Number]
		if !ok {
			panic(fmt.Sprintf("claims.yaml: claim %d has no judge", all[i].Number))
		}

		all[i].judge = j
	}

	return all
}

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
