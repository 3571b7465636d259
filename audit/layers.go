package audit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// measured maps the name and label of a metric of the tracker to its sample.
type measured map[[2]string]series.Sample

// measureLayers measures the network at the points with metrics of the tracker; single layers are
// measured only at the most sensitive points, whose indices come first in order. If random is set,
// a second search starts from random points: it is useless if the constant itself is known.
// Searches take the given number of rounds.
func measureLayers(
	ctx context.Context,
	net *network.Network,
	x *mat.Dense,
	order []int,
	random bool,
	rounds int,
) (measured, error) {
	most := rowsAt(x, order[:min(mostSamples, len(order))])
	values := measured{}
	metrics := []struct {
		name string
		at   *mat.Dense
		of   tracker.Options
	}{
		{"jacobian", most, tracker.Options{Jacobian: tracker.JacobianOptions{EveryLayer: true}}},
		{"jacobian", x, tracker.Options{}},
		{series.DeadUnits, x, tracker.Options{}},
	}
	for _, m := range metrics {
		err := values.addMetric(m.name, net, m.at, m.of)
		if err != nil {
			return nil, err
		}
	}

	if rounds == 0 {
		return values, nil
	}

	search := tracker.Options{SearchRounds: rounds}
	err := values.addMetric(series.SearchLowerBound, net, x, search)
	if err != nil || !random {
		return values, err
	}

	// The second search overwrites the entry of the first one, so the larger of both is restored.
	fromData := values[searchFound]
	starts, err := randomStarts(ctx, net, x)
	if err != nil {
		return nil, err
	}

	err = values.addMetric(series.SearchLowerBound, net, starts, search)
	if err != nil {
		return nil, err
	}

	if fromData.Value > values[searchFound].Value ||
		math.IsNaN(float64(values[searchFound].Value)) {
		values[searchFound] = fromData
	}

	return values, nil
}

// searchFound is the key of the lower bound found by search.
var searchFound = [2]string{series.SearchLowerBound, ""}

// addMetric measures one metric at the points.
func (m measured) addMetric(
	name string,
	net *network.Network,
	x *mat.Dense,
	o tracker.Options,
) error {
	metric, err := tracker.NewMetric(name, o)
	if err != nil {
		return err
	}
	samples, err := metric.Measure(&tracker.Snapshot{Net: net, Probes: tracker.Probes{X: x}})
	if err != nil {
		return fmt.Errorf("measuring %s: %w", name, err)
	}
	for _, s := range samples {
		m[[2]string{s.Metric, s.Label}] = s
	}

	return nil
}

// lower returns the largest Jacobian norm found for the first k of n layers. If none is proved, it
// returns 0 and known is false; this includes layers too wide to be measured.
func (m measured) lower(k, n int) (lower float64, known bool) {
	label := fmt.Sprintf("upto=%d", k)
	if k == n {
		label = ""
	}
	lower = float64(m[[2]string{series.LowerBound, label}].Value)
	if math.IsNaN(lower) {
		return 0, false
	}
	return lower, true
}

// largestFound returns the largest Jacobian norm found anywhere, or the reason why none is proved.
func (m measured) largestFound(onData float64) (lower float64, reason string) {
	found := m[searchFound]
	if math.IsInf(max(float64(found.Value), onData), 1) {
		return 0, "a Jacobian at the samples is beyond float64"
	}

	if lower = float64(found.Value); !math.IsNaN(lower) {
		return max(lower, onData), ""
	}
	if onData > 0 {
		return onData, ""
	}
	return 0, found.Warning
}

// layersOf reports the contribution of each layer. bound is the bound of the whole network.
func layersOf(
	net *network.Network,
	names []string,
	norms *bounds.Whole,
	m measured,
	bound float64,
) ([]report.Layer, error) {
	n := len(net.Layers)
	layers := make([]report.Layer, n)
	logs := make([]float64, n)
	for i, l := range net.Layers {
		// Logarithms turn the product of the layers' constants into a sum, in which each layer has
		// a share.
		logs[i] = math.Log(norms.Layers()[i].Norm * l.Activation.Lipschitz())
	}

	shares := sharesOf(logs)
	certified, err := certifiedUpTo(net, norms, bound)
	if err != nil {
		return nil, err
	}

	before := 1.0
	for i, l := range net.Layers {
		top := norms.Layers()[i]
		layers[i] = report.Layer{
			Layer:      i + 1,
			Name:       names[i],
			Inputs:     l.In(),
			Outputs:    l.Out(),
			Activation: l.Activation.String(),
			Norm:       series.Float(top.Norm),
			Slope:      series.Float(l.Activation.Lipschitz()),
			Share:      series.Float(shares[i]),
			Certified:  series.Float(certified[i]),
		}

		// A pool has no weights and so no rank.
		if l.Pool == nil {
			layers[i].StableRank = optionalFloat(math.Pow(ratio(l.FrobeniusNorm(), top.Norm), 2))
		}

		reached, known := m.lower(i+1, n)
		if known {
			layers[i].Reached = optionalFloat(reached)
		}
		if known && before > 0 {
			layers[i].Gain = optionalFloat(ratio(reached, before))
		}

		dead, ok := m[[2]string{series.DeadUnits, fmt.Sprintf("layer=%d", i+1)}]
		if ok {
			layers[i].Dead = optionalFloat(float64(dead.Value) / float64(l.Out()))
		}

		before = reached
	}

	return layers, nil
}

// certifiedUpTo bounds the Lipschitz constant of the first k layers for each k. all is the bound of
// the whole network.
func certifiedUpTo(net *network.Network, norms *bounds.Whole, all float64) ([]float64, error) {
	certified := norms.Products(bounds.Two)
	last := len(net.Layers) - 1
	certified[last] = all
	// For maps that are not matrices, better bounds of the parts are too expensive.
	if !net.IsDense() {
		return certified, nil
	}

	for i := range last {
		part := net.UpTo(i + 1)
		known, err := bounds.NewWhole(part)
		if err != nil {
			return nil, err
		}
		certified[i], _, _ = strongest(part, known, brief, false)
	}

	return certified, nil
}

// sharesOf returns the share of each logarithm in the sum of their magnitudes. If some are
// infinite, for layers that are zero or beyond float64, these share the whole equally.
func sharesOf(logs []float64) []float64 {
	shares := slices.Clone(logs)
	if slices.ContainsFunc(logs, func(v float64) bool {
		return math.IsInf(v, 0)
	}) {
		for i, v := range logs {
			shares[i] = 0
			if math.IsInf(v, 0) {
				shares[i] = math.Copysign(1, v)
			}
		}
	}

	if total := floats.Norm(shares, 1); total > 0 {
		floats.Scale(1/total, shares)
	}

	return shares
}

// ratio returns a/b; 0/0 is 0, and ∞/∞ is ∞.
func ratio[F ~float64](a, b F) float64 {
	switch {
	case a == 0:
		return 0
	case math.IsInf(float64(a), 1) && math.IsInf(float64(b), 1):
		return math.Inf(1)
	}
	return float64(a / b)
}
