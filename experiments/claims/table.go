package claims

import (
	_ "embed"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/tracker/series"
)

//go:embed claims.yaml
var prose []byte

// judges holds the judge of each claim by its number; each family of claims has a file.
var judges = map[int]judge{
	1:  {initial256, initialValues},
	2:  {width256, table3(series.LowerBound, tableLower, 0.02)},
	3:  {width256, table3(series.AltLowerBound, tableAlt, 0.06)},
	4:  {width256, alternativeIsSmaller},
	5:  {nil, ordered},
	6:  {width256, sixtyfold},
	7:  {crossEntropy, growthShrinks},
	8:  {width256, crossEntropyLaw.judge},
	9:  {square256, squareLossLaw.judge},
	10: {width256, nearerToLower},
	11: {toy, toyValues},
	12: {toy, toyBoundary},
	13: {crossEntropy, descends},
	14: {squareLoss, descendsByVariance},
	15: {squareLoss, varianceIsBounded},
	16: {initial, initialOverWidth},
	17: {crossEntropy, initialOverDepth},
	18: {crossEntropy, trainedOverDepth},
	19: {samples, trainedOverPoints},
	20: {twoOptimisers, adamIsLarger},
	21: {twoOptimisers, adamGoesFarther},
	22: {twoLosses, squareLossIsSmaller},
	23: {crossEntropy, noiseHardlyMatters},
	24: {nil, attackHardlyMatters},
	25: {nil, noiseMap},
	26: {linearised, mixedDerivatives},
	27: {sixLayers, boundedByPath},
	28: {constraintSetting, constraintReduces},
	29: {square256, penaltyLowers},
	30: {nil, asReviewersAsked},
}

// All lists the claims by number, with their prose and their judges.
var All = withJudges(prose)

// withJudges parses the prose of the claims and adds their judges. It panics if they do not match,
// which cannot happen in a program that starts.
func withJudges(prose []byte) []Claim {
	var all []Claim
	err := yaml.Unmarshal(prose, &all)
	if err != nil {
		panic(fmt.Sprintf("claims.yaml: %v", err))
	}

	// A claim without a judge would be silently missing from every table.
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
