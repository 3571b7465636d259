package tracker

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestMixedDerivativesByFiniteDifferences computes every row of ∂²f/∂x∂θ from Jacobians of the
// network at two values of the parameter. They are linear in each parameter, so the quotient is
// exact.
func TestMixedDerivativesByFiniteDifferences(t *testing.T) {
	leaky := network.LeakyReLU(0.2)
	for name, net := range map[string]*network.Network{
		"linear":      randomNetwork(generator(50), network.ReLU, network.Identity, true, 1, 4, 3),
		"relu":        randomNetwork(generator(51), network.ReLU, network.ReLU, false, 1, 4, 7, 3),
		"deep, leaky": randomNetwork(generator(52), leaky, network.Identity, true, 1, 3, 5, 6, 4, 2),
		"wide output": randomNetwork(generator(53), network.ReLU, leaky, true, 1, 2, 6, 9),
	} {
		s := snapshotOf(net)
		const points = 12
		var want []float64

		for i := range points {
			want = append(want, mixedDerivativeTwin(net, s.Probes.X.RawRowView(i)))
		}
		mean, deviation := stat.PopMeanStdDev(want, nil)
		got := measure(t, metricOf(t, "linearisation", Options{Training: TrainingSet{X: s.Probes.X}, LinearisationPoints: points}), s)
		for metric, want := range map[string]float64{
			series.MixedDerivativeMax: floats.Max(want), series.MixedDerivativeMean: mean, series.MixedDerivativeStd: deviation,
		} {
			if !(math.Abs(got[metric]-want) < 1e-6*mean) {
				t.Errorf("%s: %s = %v, want %v", name, metric, got[metric], want)
			}
		}
	}
}

// mixedDerivativeTwin returns the norm of the K·p×D matrix itself.
func mixedDerivativeTwin(net *network.Network, x []float64) float64 {
	const step = 1e-5
	var rows []float64
	eachParameter(net, func(theta *float64) {
		at := *theta
		*theta = at + step
		right := jacobianAt(net, x)
		*theta = at - step
		left := jacobianAt(net, x)
		*theta = at
		floats.Sub(right, left)
		floats.Scale(1/(2*step), right)
		rows = append(rows, right...)
	})

	return linalg.SpectralNorm(mat.NewDense(len(rows)/net.In(), net.In(), rows))
}

func jacobianAt(net *network.Network, x []float64) []float64 {
	pass := network.NewPass[float64](net, 1)
	pass.Forward(x, 1)
	return pass.Jacobian(len(net.Layers))
}

func eachParameter(net *network.Network, visit func(theta *float64)) {
	for _, l := range net.Layers {
		for _, values := range [][]float64{l.Weight.RawMatrix().Data, l.Bias} {
			for i := range values {
				visit(&values[i])
			}
		}
	}
}

func TestLinearisationOfSmoothNetworksIsRefused(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	s := snapshotOf(randomNetwork(generator(54), tanh, network.Identity, true, 1, 4, 5, 3))
	samples, err := metricOf(t, "linearisation", Options{Training: TrainingSet{X: s.Probes.X}}).Measure(s)
	if err != nil || !math.IsNaN(float64(samples[0].Value)) || samples[0].Warning != "layer 1: tanh is not piecewise linear" {
		t.Errorf("samples %v, error %v", samples, err)
	}
}

// TestParameterJacobianByFiniteDifferences compares norms on networks of every activation.
func TestParameterJacobianByFiniteDifferences(t *testing.T) {
	for _, a := range allActivations(t) {
		for _, bias := range []bool{false, true} {
			net := randomNetwork(generator(55), a, network.Identity, bias, 1, 3, 6, 5, 4)
			s := snapshotOf(net)
			var want float64
			for i := range s.Probes.Len() {
				want = max(want, parameterJacobianTwin(net, s.Probes.X.RawRowView(i)))
			}
			if got := measure(t, parameterJacobian{}, s)[series.ParameterJacobian]; !near(got, want, 1e-6) {
				t.Errorf("%v, bias %v: %v, want %v", a, bias, got, want)
			}
		}
	}
}

// parameterJacobianTwin returns the norm of the p×K matrix of central differences.
func parameterJacobianTwin(net *network.Network, x []float64) float64 {
	const step = 1e-6
	var rows []float64
	eachParameter(net, func(theta *float64) {
		at := *theta
		*theta = at + step
		right := evaluate(net, x)
		*theta = at - step
		left := evaluate(net, x)
		*theta = at
		floats.Sub(right, left)
		floats.Scale(1/(2*step), right)
		rows = append(rows, right...)
	})

	return linalg.SpectralNorm(mat.NewDense(len(rows)/net.Out(), net.Out(), rows))
}

func TestDataDiameterIsMeasuredAtEpochZero(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(56), network.ReLU, network.Identity, true, 1, 2, 3, 2))
	s.Probes.X.SetRow(7, []float64{30, 0})
	s.Probes.X.SetRow(40, []float64{0, -40})
	if got := measure(t, parameterJacobian{}, s)[series.DataDiameter]; !near(got, 50, roundoff) {
		t.Errorf("diameter %v, want 50", got)
	}
	s.Epoch = 1
	if got := measure(t, parameterJacobian{}, s); len(got) != 1 {
		t.Errorf("at epoch 1: %v", got)
	}
}
