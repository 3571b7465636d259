package tracker

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// parameterJacobian measures the largest spectral norm, over the probe points, of the K×p Jacobian
// ∇θf(x) of the logits with respect to all parameters, and at epoch 0 the largest distance between
// two probe points. Together with the path of the parameters they bound how fast ‖J(x)‖ can grow
// (Khromov and Singh 2024; [liptrack/tracker/derive]). The maximum is exact over the probe points,
// up to rounding.
//
// The derivative with respect to entry (i, j) of W_k is column i of B_k times value j of the layer
// before, where B_k is the Jacobian with respect to the pre-activations of layer k. The derivative
// with respect to bias i is the column itself. So the Jacobian has the Gram matrix Σ_k (‖a_{k−1}‖²
// + 1) B_k B_kᵀ, without the 1 if there is no bias. Its norm is therefore the norm of the blocks
// (‖a_{k−1}‖² + 1)^½ B_k side by side.
type parameterJacobian struct{}

func (parameterJacobian) Measure(s *Snapshot) ([]series.Sample, error) {
	if !s.Net.IsDense() {
		return []series.Sample{missingSample(
			series.ParameterJacobian,
			"",
			series.Exact,
			denseOnly,
		)}, nil
	}

	cost := s.Net.ForwardCost() + 2*s.Net.JacobianCost() + 3*s.Net.Out()*total(s.Net, network.Layer.Out)
	norms := normsOf(parameterJacobians, s, s.Probes, cost)
	largest := series.NewSample(series.ParameterJacobian, "", floats.Max(norms), series.Exact)
	samples := []series.Sample{largest}
	if s.Epoch == 0 {
		samples = append(samples, dataDiameter(s.Probes))
	}

	return samples, nil
}

// parameterJacobians returns the blocks (‖a_{k−1}‖² + 1)^½ B_k side by side, at the n points of the
// pass.
func parameterJacobians(net *network.Network, pass *network.Pass[float64], n int) jacobians {
	of := newJacobians(n, net.Out(), total(net, network.Layer.Out))
	left := of.cols
	pass.Backward(identityJacobians(n, net.Out()), func(k int, delta []float64) {
		// Backward begins at the outputs, so the columns fill from the right.
		l, before := net.Layers[k-1], pass.Values(k-1)
		left -= l.Out()
		for i := range n {
			weight := floats.Norm(before[i*l.In():(i+1)*l.In()], 2)
			if l.Bias != nil {
				weight = math.Hypot(weight, 1)
			}

			for r := range of.rows {
				row := of.jacobianAt(i)[r*of.cols+left:][:l.Out()]
				from := delta[(i*of.rows+r)*l.Out():][:l.Out()]
				floats.ScaleTo(row, weight, from)
			}
		}
	})

	return of
}

// dataDiameter returns the largest distance between two of the points. If there are more than
// pairPoints, it compares a sample.
func dataDiameter(p Probes) series.Sample {
	p, drawn, warning := p.forPairs()
	kind := series.Exact
	if drawn != nil {
		kind = series.Estimate
	}

	var largest float64
	for i := range p.Len() {
		for j := range i {
			largest = max(largest, squaredDistance(p.X.RawRowView(i), p.X.RawRowView(j)))
		}
	}

	sample := series.NewSample(series.DataDiameter, "", math.Sqrt(largest), kind)
	sample.Warning = warning

	return sample
}
