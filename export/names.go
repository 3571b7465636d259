package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Naming says, for the series of a run, under which metric and label a curve goes.
type Naming func(*series.Table) func(metric, label string) (string, string)

// OwnNames returns the names that the series have.
func OwnNames(*series.Table) func(metric, label string) (string, string) {
	return func(metric, label string) (string, string) {
		return metric, label
	}
}

// paperTags are the tags under which the paper's official code logs what has no layer (Khromov and
// Singh 2024, code/train.py).
var paperTags = map[string]string{
	series.GradNorm:      "norm_grad_of_params",
	series.ParamNorm:     "params/norm_theta_t",
	series.ParamDistance: "params/norm_dtheta_t0",
	series.TrainLoss:     "loss/train", series.TestLoss: "loss/test",
	series.TrainAccuracy: "accuracy/train", series.TestAccuracy: "accuracy/test",
}

// paperBounds are the tags of what has a layer: first the quantity as the paper's code estimates
// it, then the one that goes by the tag in runs without the first.
var paperBounds = []struct{ tag, estimate, measured string }{
	{
		"L_lower",
		series.PaperLower,
		series.LowerBound,
	}, {"L_mean", series.PaperMean, series.JacobianMean},
	{
		"L_rms",
		series.PaperRMS,
		series.JacobianRMS,
	}, {"L_upper", series.PaperUpper, series.UpperProduct},
}

// PaperNames returns the tags of the paper's official code, and liptrack/… for what it does not
// log. Its layers are the modules of its networks, which alternate linear maps and activations, so
// that layer_4 is the output of a network with one hidden layer.
func PaperNames(t *series.Table) func(metric, label string) (string, string) {
	return func(metric, label string) (string, string) {
		if tag, ok := paperTags[metric]; ok && label == "" {
			return tag, ""
		}

		layer, ok := paperLayer(t, label)
		for _, b := range paperBounds {
			// In a run with both the paper's estimate has the tag, and the exact value goes under
			// its own name.
			stands := metric == b.measured && t.Curve(b.estimate, label) == nil
			if ok && (metric == b.estimate || stands) {
				return fmt.Sprintf("%s/layer_%d", b.tag, layer), ""
			}
		}

		return "liptrack/" + metric, label
	}
}

// paperLayer returns the paper's number of the layer up to which a label measures: the whole
// network for none; ok is false for other labels, and where the configuration does not tell the
// widths.
func paperLayer(t *series.Table, label string) (layer int, ok bool) {
	upto, cut := strings.CutPrefix(label, "upto=")
	if cut {
		n, err := strconv.Atoi(upto)
		return 2 * n, err == nil
	}
	widths, known := query.Widths(t)
	return 2 * (len(widths) + 1), known && label == ""
}
