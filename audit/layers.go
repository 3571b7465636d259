package audit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// measured are values of the tracker's metrics by name and label.
type measured map[[2]string]float64

// measure has the tracker measure the network at the points, and what concerns single layers at the
// most sensitive of them, whose indices come first in order.
func measure(net *network.Network, x *mat.Dense, order []int) (measured, error) {
	values := measured{}
	most := mat.NewDense(min(mostSamples, len(order)), net.In(), nil)
	for i := range most.RawMatrix().Rows {
		most.SetRow(i, x.RawRowView(order[i]))
	}
	for _, m := range []struct {
		name string
		at   *mat.Dense
		of   tracker.JacobianOptions
	}{
		{"jacobian", most, tracker.JacobianOptions{EveryLayer: true}},
		{"jacobian", x, tracker.JacobianOptions{}},
		{series.SearchLowerBound, x, tracker.JacobianOptions{}},
		{series.DeadUnits, x, tracker.JacobianOptions{}},
	} {
		metric, err := tracker.NewMetric(m.name, tracker.Options{Jacobian: m.of})
		if err != nil {
			return nil, err
		}
		samples, err := metric.Measure(&tracker.Snapshot{Net: net, Probes: tracker.Probes{X: m.at}})
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", m.name, err)
		}
		for _, s := range samples {
			values[[2]string{s.Metric, s.Label}] = float64(s.Value)
		}
	}
	return values, nil
}

// lower is the largest Jacobian norm, of those found, of the first k of n layers.
func (m measured) lower(k, n int) float64 {
	label := fmt.Sprintf("upto=%d", k)
	if k == n {
		label = ""
	}
	return m[[2]string{series.LowerBound, label}]
}

// layersOf says what each layer contributes. Bound is the network's own.
func layersOf(net *network.Network, names []string, norms *bounds.Bounds, m measured, bound float64) ([]report.Layer, error) {
	n := len(net.Layers)
	layers := make([]report.Layer, n)
	logs := make([]float64, n)
	for i, l := range net.Layers {
		logs[i] = math.Log(norms.Layers()[i].Norm * l.Activation.Lipschitz())
	}
	total := floats.Norm(logs, 1)
	before := 1.0
	for i, l := range net.Layers {
		top := norms.Layers()[i]
		reached := m.lower(i+1, n)
		certified := bound
		if i+1 < n {
			part, err := bounds.New(net.UpTo(i + 1))
			if err != nil {
				return nil, err
			}
			certified, _, _ = strongest(net.UpTo(i+1), part, brief)
		}
		layers[i] = report.Layer{
			Layer: i + 1, Name: names[i], Inputs: l.In(), Outputs: l.Out(), Activation: l.Activation.String(),
			Norm: series.Float(top.Norm), Slope: series.Float(l.Activation.Lipschitz()), Share: series.Float(ratio(logs[i], total)),
			StableRank: series.Float(math.Pow(mat.Norm(l.Weight, 2)/top.Norm, 2)),
			Reached:    series.Float(reached), Certified: series.Float(certified), Gain: series.Float(ratio(reached, before)),
		}
		if dead, ok := m[[2]string{series.DeadUnits, fmt.Sprintf("layer=%d", i+1)}]; ok {
			layers[i].Dead = number(dead / float64(l.Out()))
		}
		before = reached
	}
	return layers, nil
}

// ratio is a/b; 0/0 is 0.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}
