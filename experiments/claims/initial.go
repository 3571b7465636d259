package claims

import "github.com/liptrack/liptrack/tracker/series"

// paperSeed is the seed of the paper's tables: its values are those of this seed's network.
const paperSeed = 42

var initialValues = []Claim{{
	Number:      1,
	Statement:   "At initialisation the bounds have the paper's values",
	Setting:     "FF_ReLU_256, seed 42, epoch 0",
	Paper:       "lower 0.369 (by power method, 0.370 exactly), alternative lower 0.165; upper 1.309 and mean 0.280 by its code",
	Rule:        "seed 42 at epoch 0: paper_lower, lower, alternative lower, upper and mean each within 0.5 % of the value",
	Experiments: []string{"evolution"},
	recipe:      join(initial, recipe{"model.hidden": "[256]"}),
	judge: func(e Evidence) []finding {
		rs := e.runs("evolution").seed(paperSeed)
		if len(rs) == 0 {
			return []finding{undecided("", "seed %d was not run", paperSeed)}
		}
		if f := join(initial, recipe{"model.hidden": "[256]"}).comparable(rs); f != nil {
			return f
		}
		var all []finding
		for _, v := range []struct {
			name, metric string
			value        float64
		}{
			{"lower by power method", series.PaperLower, 0.369}, {"lower", series.LowerBound, 0.370},
			{"alternative lower", series.AltLowerBound, 0.165}, {"upper", series.UpperProduct, 1.309}, {"mean", series.JacobianMean, 0.280},
		} {
			all = append(all, near(v.name, rs.at(v.metric, "", 0), v.value, 0.005))
		}
		return all
	},
}}
