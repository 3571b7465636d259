package claims

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// recipe holds the values of configuration keys in the paper's setting.
type recipe map[string]string

var (
	paperData = recipe{
		"data.name":          "mnist1d",
		"data.points":        "4000",
		"data.label_noise":   "0",
		"data.feature_noise": "0",
	}
	paperModel = recipe{
		"model.activation":  "relu",
		"model.output":      "relu",
		"model.bias":        "false",
		"model.init.scheme": "torch",
		"model.init.scale":  "1",
	}
	paperSteps = recipe{
		"train.optimizer.name": "sgd",
		"train.optimizer.lr":   "0.005",
		"train.schedule.name":  "Warmup20000Step25",
		"train.batch_size":     "512",
		"train.clip":           "50",
		"train.shuffle":        "false",
		"train.loss":           "cross_entropy",
	}

	initial      = join(paperData, paperModel)
	crossEntropy = join(initial, paperSteps)
	width256     = join(crossEntropy, recipe{"model.hidden": "[256]"})
	squareLoss   = join(
		crossEntropy,
		recipe{"model.output": "leaky_relu", "train.loss": "mse", "train.optimizer.lr": "0.001"},
	)
	square256 = join(squareLoss, recipe{"model.hidden": "[256]"})
)

// join merges recipes; later ones override earlier ones.
func join(all ...recipe) recipe {
	joined := recipe{}
	for _, r := range all {
		maps.Copy(joined, r)
	}
	return joined
}

// without removes keys, such as swept ones.
func (r recipe) without(keys ...string) recipe {
	rest := maps.Clone(r)
	for _, k := range keys {
		delete(rest, k)
	}
	return rest
}

// deviations lists the keys in which any run differs from the recipe, as "key adam, not sgd".
func (r recipe) deviations(rs runs) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(r)) {
		var others []string
		for _, run := range rs {
			v := run.Header.Config[key]
			if v != r[key] {
				others = append(others, v)
			}
		}

		slices.Sort(others)
		if len(others) > 0 {
			others = slices.Compact(others)
			all = append(
				all,
				fmt.Sprintf("%s %s, not %s", key, strings.Join(others, " and "), r[key]),
			)
		}
	}

	return all
}

// asInPaper returns nil if there are runs and all follow the recipe. Otherwise it returns a finding
// that their numbers cannot be compared with the paper's.
func (r recipe) asInPaper(rs runs) []finding {
	if len(rs) == 0 {
		return lacks("not run with the paper's seed")
	}
	if d := r.deviations(rs); len(d) > 0 {
		return lacks("not run in the paper's setting, with whose numbers it is compared: %s",
			strings.Join(d, ", "))
	}

	return nil
}

// reached returns nil if every run was measured up to an epoch. Otherwise it returns a finding with
// the epoch at which they end.
func reached(rs runs, epoch int) []finding {
	if last := rs.reach(); last < epoch {
		return lacks("ends at epoch %d, the paper's number is for %d", last, epoch)
	}
	return nil
}
