package tracker

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestAdversarialOfALinearNetwork takes a linear network with two classes. The worst point is
// straight across the boundary, where the margin is smaller by eps times the distance of the weight
// rows.
func TestAdversarialOfALinearNetwork(t *testing.T) {
	w := []float64{3, 1, 0, -1, 1, 2}
	s := snapshotOf(&network.Network{Layers: []network.Layer{{Weight: mat.NewDense(2, 3, w), Bias: []float64{0.5, -0.5}}}})
	const eps = 0.3
	across := []float64{4, 0, -2} // row 0 minus row 1
	length := floats.Norm(across, 2)
	var loss float64

	for i, label := range s.Probes.Labels {
		margin := floats.Dot(across, s.Probes.X.RawRowView(i)) + 1
		if label == 1 {
			margin = -margin
		}
		loss += math.Log1p(math.Exp(eps*length-margin)) / float64(s.Probes.Len())
	}

	var svd mat.SVD
	svd.Factorize(s.Net.Layers[0].Weight, mat.SVDNone)
	change := math.Hypot(floats.Dot(w[:3], across), floats.Dot(w[3:], across)) / length
	got := measure(t, metricOf(t, "adversarial", Options{Adversarial: AdversarialOptions{Eps: eps}}), s)

	for metric, want := range map[string]float64{
		series.AdversarialLoss:          loss,
		series.AdversarialAltLowerBound: change,
		series.AdversarialLowerBound:    svd.Values(nil)[0],
	} {
		if !near(got[metric], want, 1e-6) {
			t.Errorf("%s = %v, want %v", metric, got[metric], want)
		}
	}
}

// TestAdversarialPointsStayNearAndHurt checks that the points stay within eps and raise every loss.
func TestAdversarialPointsStayNearAndHurt(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(40), network.ReLU, network.Identity, true, 1, 6, 30, 20, 4))
	x := s.Probes.X.RawMatrix().Data
	for _, loss := range everyLoss() {
		m := metricOf(t, "adversarial", Options{Adversarial: AdversarialOptions{Eps: 0.2, Steps: 30, Loss: losses.Objective{Loss: loss}}}).(named).measurer.(adversarial)
		pass := network.NewPass[float64](s.Net, s.Probes.Len())
		before := meanLoss(loss, pass.Forward(x, s.Probes.Len()), s.Probes.Labels)
		points := m.ascend(pass, x, s.Probes.truth(), 0, s.Probes.Len())

		for i := range s.Probes.Len() {
			if d := floats.Distance(points[i*6:][:6], x[i*6:][:6], 2); d > 0.2*(1+roundoff) {
				t.Errorf("%s: point %d is %v away", loss, i, d)
			}
		}

		after := meanLoss(loss, pass.Forward(points, s.Probes.Len()), s.Probes.Labels)
		if got := measure(t, m, s)[series.AdversarialLoss]; after < 1.05*before || !near(got, after, roundoff) {
			t.Errorf("%s: %v before, %v after, measured %v", loss, before, after, got)
		}
	}
}

func meanLoss(l losses.Loss, outputs []float64, labels []int) (mean float64) {
	outs := len(outputs) / len(labels)
	for i, label := range labels {
		mean += losses.Objective{Loss: l}.At(outputs[i*outs:][:outs], label) / float64(len(labels))
	}
	return mean
}

func TestGradientOfEveryObjective(t *testing.T) {
	outputs := []float64{0.3, -1, 2, 0.5}
	for _, l := range everyLoss() {
		for _, o := range []losses.Objective{{Loss: l}, {Loss: l, Temperature: 3}} {
			got := make([]float64, len(outputs))
			o.Gradient(got, outputs, 1)
			want := fd.Gradient(nil, func(z []float64) float64 { return o.At(z, 1) }, outputs, &fd.Settings{Formula: fd.Central})
			if !floats.EqualApprox(got, want, 1e-7) {
				t.Errorf("%s, temperature %v: gradient %v, want %v", l, o.Temperature, got, want)
			}
		}
	}
}
