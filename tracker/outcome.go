package tracker

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"liptrack/internal/mlp"
	"liptrack/tracker/series"
)

// outcomes says of each probe point whether the network classifies it as its label says.
type outcomes struct {
	labels  []int
	correct []bool
}

// newOutcomes returns outcomes to be noted, nil where the points have no labels.
func newOutcomes(p Probes) *outcomes {
	if p.Labels == nil {
		return nil
	}
	return &outcomes{p.Labels, make([]bool, p.Len())}
}

// note looks at the n points from one on, those of the pass. The class of a point is the largest
// output, of equal ones the first, as in the accuracies of training.
func (o *outcomes) note(pass *mlp.Pass[float64], from, n int) {
	if o == nil {
		return
	}
	outputs := pass.Outputs()
	classes := len(outputs) / n
	for i := range n {
		z, best := outputs[i*classes:(i+1)*classes], 0
		for k, v := range z {
			if v > z[best] {
				best = k
			}
		}
		o.correct[from+i] = best == o.labels[from+i]
	}
}

// measure returns maximum, mean and root mean square of the norms over the points classified
// correctly and over the others. Of a class without points there is nothing to say.
func (o *outcomes) measure(label string, probes Probes, norms []float64, rounding float64) []series.Sample {
	if o == nil {
		return nil
	}
	var samples []series.Sample
	for _, part := range []struct {
		name    string
		correct bool
	}{{"correct", true}, {"misclassified", false}} {
		var of []float64
		var points []int
		for i, v := range norms {
			if o.correct[i] == part.correct {
				of, points = append(of, v), append(points, i)
			}
		}
		if len(of) > 0 {
			at := probes.place(points[floats.MaxIdx(of)])
			slices.Sort(of)
			samples = append(samples, moments(joinLabels(label, "on="+part.name), of, rounding, at)...)
		}
	}
	return samples
}
