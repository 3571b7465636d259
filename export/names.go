package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Naming returns, for the series of a run, a function that maps a curve's metric and label to
// exported names.
type Naming func(*series.Table) func(metric, label string) (string, string)

// OwnNames keeps the names used in the series.
func OwnNames(*series.Table) func(metric, label string) (string, string) {
	return func(metric, label string) (string, string) {
		return metric, label
	}
}

// paperTags are the tags under which the paper's official code logs metrics without a layer
// (Khromov and Singh 2024, code/train.py).
var paperTags = map[string]string{
	series.GradNorm:      "norm_grad_of_params",
	series.ParamNorm:     "params/norm_theta_t",
	series.ParamDistance: "params/norm_dtheta_t0",
	series.TrainLoss:     "loss/train", series.TestLoss: "loss/test",
	series.TrainAccuracy: "accuracy/train", series.TestAccuracy: "accuracy/test",
}

// paperBounds are the tags of metrics with a layer. The tag stands for the estimate of the paper's
// code or, in runs without it, for the measured metric.
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

// PaperNames uses the tags of the paper's official code, and liptrack/… for metrics that code does
// not log. The code numbers the modules of a network, in which linear maps and activations
// alternate, so layer_4 is the output of a network with one hidden layer.
func PaperNames(t *series.Table) func(metric, label string) (string, string) {
	return func(metric, label string) (string, string) {
		if tag, ok := paperTags[metric]; ok && label == "" {
			return tag, ""
		}

		layer, ok := paperLayer(t, label)
		for _, b := range paperBounds {
			// If a run has both, the paper's estimate gets the tag and the exact value keeps its
			// own name.
			stands := metric == b.measured && t.Curve(b.estimate, label) == nil
			if ok && (metric == b.estimate || stands) {
				return fmt.Sprintf("%s/layer_%d", b.tag, layer), ""
			}
		}

		return "liptrack/" + metric, label
	}
}

// paperLayer returns the paper's number for the last layer that a label covers; an empty label
// covers the whole network. ok is false for other labels, and if the configuration does not give
// the widths.
func paperLayer(t *series.Table, label string) (layer int, ok bool) {
	upto, cut := strings.CutPrefix(label, "upto=")
	if cut {
		n, err := strconv.Atoi(upto)
		return 2 * n, err == nil
	}
	widths, known := query.Widths(t)
	return 2 * (len(widths) + 1), known && label == ""
}
