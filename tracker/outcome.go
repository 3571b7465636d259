package tracker

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// outcomes records for each probe point whether the network classifies it correctly.
type outcomes struct {
	labels  []int
	correct []bool
}

// newOutcomes returns empty outcomes, or nil if the points have no labels.
func newOutcomes(p Probes) *outcomes {
	if p.Labels == nil {
		return nil
	}
	return &outcomes{p.Labels, make([]bool, p.Len())}
}

// addPoints records the outcomes of the pass's n points, starting at from. The class of a point is
// the largest output, the first if several are equal, as in the training accuracy.
func (o *outcomes) addPoints(pass *network.Pass[float64], from, n int) {
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

// group is some of the probe points; its name is empty for all of them.
type group struct {
	name   string
	points []int
}

// groups returns the correctly classified points and the others, without empty groups. Without
// labels it returns one group of all points.
func (o *outcomes) groups(points int) []group {
	if o == nil {
		all := group{}
		for i := range points {
			all.points = append(all.points, i)
		}

		return []group{all}
	}

	correct, misclassified := group{name: "correct"}, group{name: "misclassified"}
	for i, ok := range o.correct {
		if ok {
			correct.points = append(correct.points, i)
		} else {
			misclassified.points = append(misclassified.points, i)
		}
	}

	return slices.DeleteFunc([]group{correct, misclassified}, func(g group) bool {
		return len(g.points) == 0
	})
}

// normsOf returns the norms of the group's points.
func (g group) normsOf(norms []float64) []float64 {
	of := make([]float64, len(g.points))
	for k, i := range g.points {
		of[k] = norms[i]
	}
	return of
}

// measureGroups returns the maximum, mean and root mean square of the norms over each named group.
func measureGroups(groups []group, label string, probes Probes, norms []float64, worth accuracy) []series.Sample {
	var samples []series.Sample
	for _, g := range groups {
		if g.name == "" {
			continue
		}

		of := g.normsOf(norms)
		point := g.points[floats.MaxIdx(of)] // before of is sorted
		slices.Sort(of)
		name := joinLabels(label, "on="+g.name)
		samples = append(samples, moments(name, of, worth, probes, point)...)
	}
	return samples
}
