package tracker

import (
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestSingularDriftByFiniteDifferences: ⟨uvᵀ, ∇L⟩ is the derivative of the loss along uvᵀ, here
// from an SVD, for the training set and for each of its batches, of which the last is smaller.
func TestSingularDriftByFiniteDifferences(t *testing.T) {
	const batch = 15
	for _, a := range allActivations(t) {
		net := randomNetwork(generator(70), a, network.Identity, true, 1, 6, 9, 5, 4)
		s := snapshotOf(net)
		set := TrainingSet{X: s.Probes.X, Labels: s.Probes.Labels, BatchSize: batch, Loss: losses.Objective{Temperature: 2}}
		got := measure(t, singularDrift{set}, s)

		for k, l := range net.Layers {
			var svd mat.SVD
			svd.Factorize(l.Weight, mat.SVDThin)
			var u, v, along mat.Dense
			svd.UTo(&u)
			svd.VTo(&v)
			along.Outer(1, u.ColView(0), v.ColView(0))
			var batches []float64
			n := s.Probes.Len()

			for from := 0; from < n; from += batch {
				batches = append(batches, set.slope(net, l.Weight, &along, from, min(from+batch, n)))
			}
			drift, noise := -set.slope(net, l.Weight, &along, 0, n), stat.PopStdDev(batches, nil)
			label := layerSample("", k, 0, series.Exact).Label
			if d := got[series.SingularDrift+" "+label]; !near(d, drift, 1e-5) {
				t.Errorf("%v, %s: drift %v, want %v", a, label, d, drift)
			}
			if d := got[series.SingularNoise+" "+label]; !near(d, noise, 1e-5) {
				t.Errorf("%v, %s: noise %v, want %v", a, label, d, noise)
			}
		}
	}
}

// slope returns the derivative of the mean loss over some points along a matrix added to the
// weight.
func (set TrainingSet) slope(net *network.Network, weight, along *mat.Dense, from, to int) float64 {
	const step = 1e-6
	at := mat.DenseCopyOf(weight)
	defer weight.Copy(at)

	loss := func(distance float64) (mean float64) {
		var moved mat.Dense
		moved.Scale(distance, along)
		weight.Add(at, &moved)
		for i := from; i < to; i++ {
			mean += set.Loss.At(evaluate(net, set.X.RawRowView(i)), set.Labels[i]) / float64(to-from)
		}
		return mean
	}

	return (loss(step) - loss(-step)) / (2 * step)
}
