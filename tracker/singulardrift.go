package tracker

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// TrainingSet is the data that a run trains on.
type TrainingSet struct {
	X *mat.Dense // N×D
	// Labels are the classes of the points; Targets, N×K, are the values that a regression should
	// predict.
	Labels  []int
	Targets *mat.Dense
	// BatchSize ≥ 1 is the number of points in an update. Updates take the points in order. 0 means
	// all points.
	BatchSize int
	// Loss is the loss that training minimises.
	Loss losses.Objective
}

// singularDrift measures the two forces that training exerts on the spectral norm of each layer
// (Luo et al. 2025, arXiv 2506.18588): with u, v the top singular vectors of W_k, singular_drift is
// −⟨uvᵀ, G_k⟩ for the gradient G_k of the mean training loss, the rate at which gradient flow makes
// σ₁(W_k) grow; singular_noise is the standard deviation of ⟨uvᵀ, g_k⟩ over the mini-batches in
// order, each counted once. Both are estimates: the closer σ₁ and σ₂ are, the less certain are u
// and v.
type singularDrift struct{ TrainingSet }

// truth returns what a network should predict at the points.
func (t TrainingSet) truth() losses.Truth {
	return losses.Truth{
		Labels:  t.Labels,
		Targets: t.Targets,
	}
}

func (m singularDrift) Measure(s *Snapshot) ([]series.Sample, error) {
	if m.X == nil || !m.truth().IsKnown() {
		return nil, fmt.Errorf("the gradient of the loss needs training points with labels")
	}

	if !s.Net.IsDense() {
		sample := layerSample(series.SingularDrift, 0, math.NaN(), series.Estimate)
		sample.Warning = denseOnly
		return []series.Sample{sample}, nil
	}

	n, _ := m.X.Dims()
	batch := m.BatchSize
	if batch == 0 || batch > n {
		batch = n
	}

	pairs := singularPairs(s.Net)
	each := m.projections(s, pairs)
	var samples []series.Sample
	for k, of := range each {
		// Each batch counts once, the last one too, which may be smaller.
		var batches []float64
		for from := 0; from < n; from += batch {
			part := of[from:min(from+batch, n)]
			batches = append(batches, floats.Sum(part)/float64(len(part)))
		}

		samples = append(samples,
			layerSample(series.SingularDrift, k, -floats.Sum(of)/float64(n), series.Estimate),
			layerSample(series.SingularNoise, k, stat.PopStdDev(batches, nil), series.Estimate))
	}

	return samples, nil
}

// singularPair are the top singular vectors of a layer's weight, zeros if the weight is zero.
type singularPair struct{ left, right []float64 }

func singularPairs(net *network.Network) []singularPair {
	pairs := make([]singularPair, len(net.Layers))
	for k, l := range net.Layers {
		u, v := linalg.SingularPair(l.Weight)
		if u == nil {
			u, v = make([]float64, l.Out()), make([]float64, l.In())
		}
		pairs[k] = singularPair{u, v}
	}
	return pairs
}

// projections returns, for each layer, ⟨uvᵀ, g⟩ of the gradient g of the loss of every point. Since
// g = δaᵀ, where δ is the gradient with respect to the pre-activations and a the values of the
// layer before, the projection is ⟨u, δ⟩⟨v, a⟩.
func (m singularDrift) projections(s *Snapshot, pairs []singularPair) [][]float64 {
	n, _ := m.X.Dims()
	truth := m.truth()
	all := make([][]float64, len(pairs))
	for k := range all {
		all[k] = make([]float64, n)
	}

	// One forward and one backward pass.
	cost := 2 * s.Net.ForwardCost()
	s.Probes.sweepPoints(Probes{X: contiguous(m.X)}, s.Net, cost, func(pass *network.Pass[float64], from, n int) {
		outs := s.Net.Out()
		g := make([]float64, n*outs)
		for i := range n {
			m.Loss.GradientAtPoint(
				g[i*outs:][:outs],
				pass.Outputs()[i*outs:][:outs],
				truth,
				from+i,
			)
		}

		pass.Backward(g, func(k int, delta []float64) {
			pair, before := pairs[k-1], pass.Values(k-1)
			out, in := len(pair.left), len(pair.right)
			for i := range n {
				along := floats.Dot(pair.left, delta[i*out:][:out])
				all[k-1][from+i] = along * floats.Dot(pair.right, before[i*in:][:in])
			}
		})
	})

	return all
}
