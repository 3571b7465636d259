package tracker

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// JacobianOptions select which Jacobian norms to take and which statistics to report. The zero
// value takes 2-norms of the Jacobian of the logits and reports maximum, mean and root mean square.
type JacobianOptions struct {
	// Of are the functions whose Jacobian is taken; default the logits.
	Of []Function
	// Norms are the operator norms; default the 2-norm.
	Norms []Norm
	// EveryLayer asks for the Jacobian after each layer too, of the layer's values.
	EveryLayer bool
	// Quantiles lists the quantiles to report of the norms over the probe points, in [0, 1].
	Quantiles []float64
	// Histogram asks for the count of norms in bins of equal width on a log axis,
	// HistogramBinsPerDecade in each decade.
	Histogram bool
	// Loss is the loss that the function Loss in Of refers to.
	Loss losses.Objective
}

// settings binds the settings of the Jacobians.
func (o *JacobianOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Of, "track.jacobian.of", settings.SomeOf[Function](functionNames), []Function{Logits},
		"functions differentiated; maxima of softmax and loss are estimates")
	settings.Var(s, &o.Norms, "track.jacobian.norms", settings.SomeOf[Norm](normNames),
		[]Norm{Norm2}, "operator norms of the Jacobian")

	// A word in YAML is a boolean in Go.
	upTo := settings.Named(
		[]string{"last", "all"},
		func(name string) bool { return name == "all" },
		func(all bool) string {
			if all {
				return "all"
			}
			return "last"
		},
	)
	settings.Var(s, &o.EveryLayer, "track.jacobian.upto", upTo, false,
		"measure the whole network, or each prefix of its layers")
	settings.Var(s, &o.Quantiles, "track.jacobian.quantiles",
		settings.List("increasing list of", settings.Fraction, settings.IsIncreasing[float64]),
		[]float64{0.05, 0.25, 0.5, 0.75, 0.95}, "quantiles of the norm over the points")
	settings.Var(s, &o.Histogram, "track.jacobian.histogram", settings.Boolean, true,
		"count the points by norm")
}

// norms returns the Norms or their default.
func (o JacobianOptions) norms() []Norm {
	if len(o.Norms) == 0 {
		return []Norm{Norm2}
	}
	return o.Norms
}

// HistogramBinsPerDecade fixes the bins of a histogram: bin k holds the norms in
// [10^(k/20), 10^((k+1)/20)) and is labelled by its lower edge, norms of 0 by 0.
const HistogramBinsPerDecade = 20

// jacobian measures ‖J(x)‖ over the probe points (Khromov and Singh 2024, section 2). The
// maximum, lowered by a bound on its rounding error, is a lower bound on the Lipschitz constant of
// the function in the same norm.
type jacobian struct{ JacobianOptions }

func (m jacobian) Measure(s *Snapshot) ([]series.Sample, error) {
	targets := m.targets(s.Net)
	if slices.Contains(m.Of, Loss) && !s.Probes.truth().IsKnown() {
		return nil, fmt.Errorf("the gradient of the loss needs the labels of the probe points")
	}

	// Each chunk writes to its own slice of the norms, so chunks need no lock.
	norms := make([][]float64, len(targets))
	for i := range norms {
		norms[i] = make([]float64, s.Probes.Len())
	}

	seen := newOutcomes(s.Probes)

	// Over many points the products are in float32. refine then takes the largest norms again in
	// float64, so that the lower bound stays proved.
	coarse := s.coarse()
	s.sweepProbes(m.cost(s.Net, targets), func(pass *network.Pass[float64], from, n int) {
		seen.addPoints(pass, from, n)
		c := chunk{pass, pass.Jacobian, s.Probes.truthOf(from, n), from, n}
		if coarse {
			c.product = func(layer int) []float64 {
				return network.JacobianFloat32(pass, layer)
			}
		}

		m.normsOf(c, s.Net, targets, norms)
	})

	groups := seen.groups(s.Probes.Len())
	if coarse {
		m.refine(s, targets, norms, groups)
	}

	// Layers that are too wide for a Jacobian get NaN with a warning, so that their absence is
	// explained.
	samples := m.tooWide(s.Net)
	for i, t := range targets {
		worth := t.accuracy(s)
		samples = append(samples, m.summarise(t.label(), s.Probes, norms[i], worth)...)
		if t.last {
			samples = append(
				samples,
				measureGroups(groups, t.label(), s.Probes, norms[i], worth)...,
			)
		}
	}

	return samples, nil
}

// cost returns the number of float64 values per point.
func (m jacobian) cost(net *network.Network, targets []target) int {
	cost := net.JacobianCost()
	if !net.IsDense() {
		for _, t := range targets {
			cost = max(cost, net.UpTo(t.layer).JacobianCost())
		}
	}
	return net.ForwardCost() + cost
}

// chunk is n points that a pass has evaluated, starting at from, and a function that computes their
// Jacobians up to a layer.
type chunk struct {
	pass    *network.Pass[float64]
	product func(layer int) []float64
	truth   losses.Truth // labels or targets of these points
	from, n int
}

// normsOf writes the norms of every target at the points of a chunk to norms.
func (m jacobian) normsOf(c chunk, net *network.Network, targets []target, norms [][]float64) {
	var ofValues jacobians
	layer := 0
	// Targets are ordered by layer, so each Jacobian is computed once and shared by its functions
	// and norms.
	for i, t := range targets {
		if t.layer != layer {
			layer = t.layer
			ofValues = jacobians{
				data:  c.product(layer),
				count: c.n,
				rows:  net.Layers[layer-1].Out(),
				cols:  net.In(),
			}
		}

		j := ofValues
		switch t.function {
		case Softmax:
			j = j.softmax(c.pass.Outputs())
		case Loss:
			j = j.loss(m.Loss, c.pass.Outputs(), c.truth)
		}

		t.norm.each(norms[i][c.from:c.from+c.n], j)
	}
}

// target is one series of Jacobian norms.
type target struct {
	layer    int // from 1; the last layer stands for the network
	last     bool
	function Function
	norm     Norm
}

// targets lists what to measure, layer by layer so that each Jacobian is computed once.
func (m jacobian) targets(net *network.Network) []target {
	functions := m.Of
	if len(functions) == 0 {
		functions = []Function{Logits}
	}

	var all []target
	depth := len(net.Layers)
	for layer := 1; layer <= depth; layer++ {
		for _, f := range functions {
			for _, n := range m.norms() {
				if layer == depth || m.EveryLayer && f == Logits && fitsJacobian(net, layer) {
					all = append(all, target{layer, layer == depth, f, n})
				}
			}
		}
	}

	return all
}

// maxMapWidth is the largest width of a convolutional layer whose Jacobian is measured.
const maxMapWidth = 256

// fitsJacobian reports whether the Jacobian of the first layers, k from 1, is small enough to be
// measured at many points. For networks of dense layers it always is.
func fitsJacobian(net *network.Network, k int) bool {
	return net.IsDense() || net.Layers[k-1].Out() <= maxMapWidth
}

// tooWide returns the samples for layers whose Jacobians are too wide to be measured.
func (m jacobian) tooWide(net *network.Network) []series.Sample {
	var samples []series.Sample
	for layer := 1; layer < len(net.Layers) && m.EveryLayer; layer++ {
		if fitsJacobian(net, layer) {
			continue
		}

		for _, n := range m.norms() {
			label := target{layer: layer, norm: n}.label()
			reason := fmt.Sprintf(
				"%d values are too many for a Jacobian at every point",
				net.Layers[layer-1].Out(),
			)
			samples = append(
				samples,
				missingSample(series.LowerBound, label, series.Lower, reason),
			)
		}
	}

	return samples
}

// accuracy says how far the norms of one target can be trusted: the largest norm, less its rounding
// error, is of the given kind.
type accuracy struct {
	kind series.Kind
	// rounding bounds the error of the norm at every point.
	rounding float64
	// prove returns a number ≤ the norm at a probe point, 0 without a proof.
	prove func(point int) float64
}

// accuracy bounds the rounding error of a norm of this target. For softmax and loss the error also
// depends on the error of the outputs and is not bounded, so their largest norms are estimates.
func (t target) accuracy(s *Snapshot) accuracy {
	if t.function != Logits {
		return accuracy{kind: series.Estimate, prove: func(int) float64 {
			return 0
		}}
	}

	// The errors of the values affect the slopes of smooth activations only, and they grow with the
	// inputs.
	farthest := make([]float64, s.Net.In())
	if curved(s.Net) {
		farthest = s.Probes.reach()
	}

	// The bound is in the 2-norm; the 1- and ∞-norm of a matrix are at most √(its larger side)
	// times that.
	errorOf2 := jacobianError(s.Net, t.layer, farthest)
	if t.norm != Norm2 {
		errorOf2 *= math.Sqrt(float64(max(s.Net.In(), s.Net.Layers[t.layer-1].Out())))
	}

	prove := func(point int) float64 {
		return provedNorm(s.Net, t.layer, t.norm, s.Probes.X.RawRowView(point))
	}

	return accuracy{series.Lower, errorOf2, prove}
}

// label returns the label of a target: how it differs from the 2-norm of the whole network's
// logits.
func (t target) label() string {
	label := ""
	if !t.last {
		label = fmt.Sprintf("upto=%d", t.layer)
	}
	if t.function != Logits {
		label = joinLabels(label, "of="+t.function.String())
	}
	if t.norm != Norm2 {
		label = joinLabels(label, "norm="+t.norm.String())
	}
	return label
}

// joinLabels appends a part to a label, which may be empty.
func joinLabels(label, part string) string {
	if label == "" {
		return part
	}
	return label + "," + part
}

// summarise turns the norms over the probe points into samples.
func (m jacobian) summarise(label string, probes Probes, norms []float64, worth accuracy) []series.Sample {
	sorted := slices.Clone(norms)
	slices.Sort(sorted)
	samples := moments(label, sorted, worth, probes, floats.MaxIdx(norms))
	addExact := func(metric, part string, v float64) {
		samples = append(
			samples,
			series.NewSample(metric, joinLabels(label, part), v, series.Exact),
		)
	}

	for _, q := range m.Quantiles {
		addExact(
			series.JacobianQuantile,
			fmt.Sprintf("q=%g", q),
			stat.Quantile(q, stat.LinInterp, sorted, nil),
		)
	}

	// NaN sorts first. If there is any, the norms are not all finite, and bins would have no
	// meaning.
	if m.Histogram && !math.IsNaN(sorted[0]) {
		for _, b := range histogram(sorted) {
			addExact(series.JacobianHistogram, "bin="+b.edge, float64(b.count))
		}
	}

	return samples
}

// moments returns the maximum, attained at a point, the mean and the root mean square of sorted
// norms.
func moments(label string, sorted []float64, worth accuracy, probes Probes, point int) []series.Sample {
	of := summaryOf(sorted, worth, point)
	lower := series.NewSample(series.LowerBound, label, of.lower, worth.kind)
	lower.At, lower.Warning = probes.placeOf(point), of.warning
	mean := series.NewSample(series.JacobianMean, label, of.mean, series.Exact)
	rms := series.NewSample(series.JacobianRMS, label, of.rms, series.Exact)

	// If the bound is withheld, mean and root mean square stay as they are.
	if math.IsNaN(of.mean) {
		mean.Warning, rms.Warning = of.warning, of.warning
	}

	return []series.Sample{lower, mean, rms}
}

// summary holds statistics of the norms over some points, with mean ≤ rms ≤ lower.
type summary struct {
	lower, mean, rms float64
	// warning says why a number is NaN.
	warning string
}

// beyondFloat64 is the warning on statistics of norms that float64 cannot hold.
const beyondFloat64 = "values or Jacobians are beyond the range of float64"

// summaryOf returns the largest of sorted norms, attained at a point, less its rounding error,
// their mean and their root mean square. Mean and root mean square are lowered with the bound, to
// keep the order, but by no more than [keptReserve] of it: a bound that would need more is
// withheld.
func summaryOf(sorted []float64, worth accuracy, point int) summary {
	// An exact 0 needs no reserve, and an infinite or undefined norm has none.
	largest := sorted[len(sorted)-1]
	switch {
	case largest == 0:
		return summary{}
	case math.IsInf(largest, 1) || math.IsNaN(sorted[0]):
		return worth.summaryBeyond(point)
	}

	// The mean square is taken of ratios to the largest norm, so that squares neither overflow nor
	// vanish.
	n := float64(len(sorted))
	var s summary
	for _, v := range sorted {
		s.mean += v / n
		s.rms += (v / largest) * (v / largest) / n
	}

	s.rms = largest * math.Sqrt(s.rms)

	// One reserve for all points is cheap. Where it takes too large a part of the norm, the norm is
	// proved at the point itself, which costs an extended evaluation.
	s.lower = largest - worth.rounding
	if !(s.lower >= largest*(1-keptReserve)) {
		s.lower = max(lowerOrZero(s.lower), worth.prove(point))
	}

	if s.lower < largest*(1-keptReserve) && s.lower < s.rms {
		s.lower, s.warning = math.NaN(), swallowed
		s.mean = min(s.mean, s.rms)
		return s
	}

	// This keeps mean ≤ rms ≤ lower although the bound was lowered.
	s.rms = min(s.rms, s.lower)
	s.mean = min(s.mean, s.rms)

	return s
}

// summaryBeyond returns the summary of norms that are not all finite. The norm at the point may be
// proved to be beyond float64, or only the values that it was computed from are.
func (a accuracy) summaryBeyond(point int) summary {
	proved := a.prove(point)
	if math.IsInf(proved, 1) {
		return summary{lower: proved, mean: proved, rms: proved}
	}
	s := summary{
		lower:   math.NaN(),
		mean:    math.NaN(),
		rms:     math.NaN(),
		warning: beyondFloat64,
	}
	if proved > 0 {
		s.lower = proved
	}
	return s
}

type bin struct {
	edge  string
	count int
}

// histogram counts sorted norms in bins and leaves out empty bins.
func histogram(sorted []float64) []bin {
	var bins []bin
	var last float64
	for _, v := range sorted {
		k := math.Floor(math.Log10(v) * HistogramBinsPerDecade) // −Inf for 0
		if len(bins) == 0 || k > last {
			edge := math.Pow(10, k/HistogramBinsPerDecade)
			bins = append(bins, bin{edge: strconv.FormatFloat(edge, 'g', 6, 64)})
			last = k
		}
		bins[len(bins)-1].count++
	}
	return bins
}
