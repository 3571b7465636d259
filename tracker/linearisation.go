package tracker

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// linearisation measures the mixed derivative ∂²f/∂x∂θ of the logits, as a matrix with K·p rows and
// D columns: maximum, mean and standard deviation of its spectral norm over the first training
// points, in a run's order. Times ‖θ−θ₀‖ the maximum bounds, to first order, how much the largest
// ‖J‖ can grow (Khromov and Singh 2024, whose maximum at initialisation, 4.685, is over 470
// points).
//
// Between the kinks of a piecewise linear network the Jacobian is P_k W_k Q_k for each layer k,
// where P_k is the product of the factors after W_k and Q_k the product of the factors before it.
// The derivative with respect to entry (i, j) of W_k is the outer product of column i of P_k and
// row j of Q_k; the derivative with respect to a bias is 0. So the matrix has the same norm as the
// stacked blocks ‖P_k‖_F Q_k, which are much smaller.
type linearisation struct {
	train  *mat.Dense
	points int
}

func linearisationSettings(points *int, s *settings.Set) {
	settings.Var(s, points, "track.linearisation.points", settings.Integer(1), 470,
		"number of training points, the first ones, at which linearisation differentiates (the paper's)")
}

func (m linearisation) Measure(s *Snapshot) ([]series.Sample, error) {
	if m.train == nil {
		return nil, fmt.Errorf("there are no training points to differentiate at")
	}

	if !s.Net.IsDense() {
		return m.samples(nil, denseOnly), nil
	}

	smooth := func(l network.Layer) bool {
		return !l.Activation.PiecewiseLinear()
	}
	layer := slices.IndexFunc(s.Net.Layers, smooth)
	if layer >= 0 {
		name := s.Net.Layers[layer].Activation.Name()
		reason := fmt.Sprintf("layer %d: %s is not piecewise linear", layer+1, name)
		return m.samples(nil, reason), nil
	}

	// Take the first points in a run's order, as the paper does, so that results of runs with
	// different numbers of points agree.
	n, dim := m.train.Dims()
	over := Probes{X: contiguous(m.train.Slice(0, min(n, m.points), 0, dim).(*mat.Dense))}
	rows := total(s.Net, network.Layer.In)
	cost := s.Net.ForwardCost() + (3*rows+s.Net.Out()*2)*s.Net.In()

	return m.samples(normsOf(mixedDerivatives, s, over, cost), ""), nil
}

// samples summarises the norms: NaN if there are none.
func (linearisation) samples(norms []float64, warning string) []series.Sample {
	largest, mean, deviation := math.NaN(), math.NaN(), math.NaN()
	if len(norms) > 0 {
		largest = floats.Max(norms)
		mean, deviation = stat.PopMeanStdDev(norms, nil)
	}

	sample := func(metric string, v float64) series.Sample {
		sample := series.NewSample(metric, "", v, series.Exact)
		sample.Warning = warning
		return sample
	}

	return []series.Sample{
		sample(series.MixedDerivativeMax, largest),
		sample(series.MixedDerivativeMean, mean),
		sample(series.MixedDerivativeStd, deviation),
	}
}

// total returns the sum of a size over all layers.
func total(net *network.Network, size func(network.Layer) int) int {
	sum := 0
	for _, l := range net.Layers {
		sum += size(l)
	}
	return sum
}

// mixedDerivatives returns the stacked blocks ‖P_k‖_F Q_k of all layers, at the n points of the
// pass.
func mixedDerivatives(net *network.Network, pass *network.Pass[float64], n int) jacobians {
	of := newJacobians(n, total(net, network.Layer.In), net.In())

	// P_k at a point is the result of Backward for unit gradients at the outputs; Q_k is the
	// Jacobian before layer k.
	outer := outerNorms(net, pass, n)
	top := 0
	for k, l := range net.Layers {
		inner := identityJacobians(n, net.In())
		if k > 0 {
			inner = pass.Jacobian(k)
		}

		size := l.In() * of.cols
		for i := range n {
			floats.ScaleTo(of.jacobianAt(i)[top:top+size], outer[k][i], inner[i*size:(i+1)*size])
		}

		top += size
	}

	return of
}

// outerNorms returns ‖P_k‖_F of each layer at each point.
func outerNorms(net *network.Network, pass *network.Pass[float64], n int) [][]float64 {
	norms := make([][]float64, len(net.Layers))
	pass.Backward(identityJacobians(n, net.Out()), func(k int, delta []float64) {
		size := len(delta) / n
		for i := range n {
			norms[k-1] = append(norms[k-1], floats.Norm(delta[i*size:(i+1)*size], 2))
		}
	})
	return norms
}

// identityJacobians returns n identity matrices, one after another.
func identityJacobians(n, dim int) []float64 {
	m := make([]float64, n*dim*dim)
	for i := range n * dim {
		m[i*dim+i%dim] = 1
	}
	return m
}
