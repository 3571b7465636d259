package claims

import "github.com/liptrack/liptrack/tracker/series"

// paperSeed is the seed of the network from which the values in the paper's tables come.
const paperSeed = 42

var initial256 = join(initial, recipe{"model.hidden": "[256]"})

func initialValues(e Evidence) []finding {
	rs := e.runs("evolution").ofSeed(paperSeed)
	if all := initial256.asInPaper(rs); all != nil {
		return all
	}

	first := func(name, metric string, value float64) finding {
		return valueNear(name, rs.valuesAt(metric, 0), value, 0.005)
	}
	return []finding{
		first("lower by power method", series.PaperLower, 0.369),
		first("lower", series.LowerBound, 0.370),
		first("alternative lower", series.AltLowerBound, 0.165),
		first("upper", series.UpperProduct, 1.309),
		first("mean", series.JacobianMean, 0.280),
	}
}
