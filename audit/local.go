package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// LocalOptions selects Lipschitz constants within neighbourhoods of samples.
type LocalOptions struct {
	// Radii are in the model's units and > 0; without any, no local constants are computed.
	Radii []float64
	// Shape is [tracker.Ball], the default, or [tracker.Box].
	Shape string
	// Inputs are the names of the inputs that change while the others stay fixed; nil for all.
	Inputs []string
	// Outputs are names or numbers of outputs, or differences of two, as in "cat-dog" or "3-8"; nil
	// for all outputs together.
	Outputs []string
}

const (
	// localRows is the number of most sensitive samples with local constants, unless the user names
	// rows.
	localRows = 3
	// swiftness multiplies the limit on branches for networks with few inputs, whose branches are
	// fast.
	swiftness = 10
)

// localConstants encloses the constants that LocalOptions selects, at the rows named by the user or
// at the most sensitive samples, which come first in order.
func (a *auditor) localConstants(ctx context.Context, order []int) error {
	if len(a.Local.Radii) == 0 {
		return nil
	}

	net := writtenOut(a.net)
	if net == nil {
		return errors.New("the network has pools, or layers that are too large to write as matrices")
	}

	inputs, err := a.Local.inputs(a.data.Features)
	if err != nil {
		return err
	}

	views, err := a.Local.views(a.outputNames(), net.Out())
	if err != nil {
		return err
	}

	a.stage("local constants")
	a.report.Local = &report.Local{Shape: a.Local.shape(), Inputs: a.Local.Inputs}
	for _, v := range views {
		for _, i := range a.localSamples(order) {
			x := a.x.RawRowView(i)
			curve, err := a.localCurve(
				ctx,
				v.networkAround(net, x, inputs),
				elementsOf(x, inputs),
			)
			if err != nil {
				return err
			}

			for _, c := range curve {
				c.Outputs, c.Row = v.outputs, a.rows[i]+1
				a.report.Local.Constants = append(a.report.Local.Constants, c)
			}
		}
	}

	return nil
}

// localSamples lists the samples that have local constants.
func (a *auditor) localSamples(order []int) []int {
	if len(a.Rows) == 0 {
		return order[:min(localRows, len(order))]
	}

	var samples []int
	for i, row := range a.rows {
		if slices.Contains(a.Rows, row+1) {
			samples = append(samples, i)
		}
	}

	return samples
}

// outputNames returns the names of the outputs; an output without a name has its number, counted
// from 0.
func (a *auditor) outputNames() []string {
	if a.Targets != nil && a.Targets.Names != nil {
		return a.Targets.Names
	}

	classes := report.Data{Classes: a.data.Classes}
	names := make([]string, a.net.Out())
	for k := range names {
		names[k] = classes.ClassName(k)
	}
	return names
}

func (o LocalOptions) shape() string {
	return cmp.Or(o.Shape, tracker.Ball)
}

// validate returns an error if a radius or the shape is not allowed.
func (o LocalOptions) validate() error {
	for _, r := range o.Radii {
		if !(r > 0) || math.IsInf(r, 1) {
			return fmt.Errorf("local constants: radius %g: must be a finite number > 0", r)
		}
	}

	s := o.shape()
	if s != tracker.Ball && s != tracker.Box {
		return fmt.Errorf("local constants: shape %q: must be %s or %s",
			s, tracker.Ball, tracker.Box)
	}
	return nil
}

// inputs returns the indices of the inputs that change; nil for all.
func (o LocalOptions) inputs(features []string) ([]int, error) {
	var inputs []int
	for _, name := range o.Inputs {
		i := slices.Index(features, name)
		if i < 0 {
			known := input.QuoteNames(features)
			return nil, fmt.Errorf("there is no input %q: the inputs are %s",
				name, known)
		}

		if slices.Contains(inputs, i) {
			return nil, fmt.Errorf("input %q is given twice", name)
		}
		inputs = append(inputs, i)
	}
	return inputs, nil
}

// view selects outputs of the network or linear combinations of them, one in each row.
type view struct {
	outputs string
	rows    *mat.Dense // nil for all outputs as they are
}

// views returns the views that o.Outputs asks for. names are the names of the outputs.
func (o LocalOptions) views(names []string, count int) ([]view, error) {
	if len(o.Outputs) == 0 {
		return []view{{}}, nil
	}

	var views []view
	for _, text := range o.Outputs {
		row := make([]float64, count)
		k := slices.Index(names, text)
		if k >= 0 {
			row[k] = 1
		} else {
			plus, minus := differenceOf(text, names)
			if plus == minus {
				return nil, fmt.Errorf("%q is neither an output nor a difference of two: the outputs are %s",
					text, input.QuoteNames(names))
			}
			row[plus], row[minus] = 1, -1
		}

		views = append(views, view{text, mat.NewDense(1, count, row)})
	}

	return views, nil
}

// differenceOf returns the indices of the outputs before and after the minus in a text such as
// "cat-dog". If the text is no such difference, both are 0. Names may contain a minus themselves.
func differenceOf(text string, names []string) (plus, minus int) {
	for at, r := range text {
		if r != '-' {
			continue
		}
		plus, minus = slices.Index(names, text[:at]), slices.Index(names, text[at+1:])
		if plus >= 0 && minus >= 0 {
			return plus, minus
		}
	}
	return 0, 0
}

// networkAround returns the network as a function of the inputs that change about x, with the
// view's outputs. Both become extra layers, whose entries 0 and ±1 cause no rounding.
func (v view) networkAround(net *network.Network, x []float64, inputs []int) *network.Network {
	layers := slices.Clone(net.Layers)
	if inputs != nil {
		first := network.Layer{
			Weight: mat.NewDense(len(x), len(inputs), nil),
			Bias:   slices.Clone(x),
		}
		for k, i := range inputs {
			first.Weight.Set(i, k, 1)
			first.Bias[i] = 0
		}
		layers = slices.Insert(layers, 0, first)
	}

	if v.rows != nil {
		layers = append(layers, network.Layer{Weight: v.rows})
	}

	return &network.Network{Layers: layers}
}

// elementsOf returns the elements of x at the indices which, or x if which is nil.
func elementsOf(x []float64, which []int) []float64 {
	if which == nil {
		return x
	}
	some := make([]float64, len(which))
	for k, i := range which {
		some[k] = x[i]
	}
	return some
}

// localCurve encloses the constants within neighbourhoods of a point, with ascending radii.
func (a *auditor) localCurve(ctx context.Context, net *network.Network, x []float64) ([]report.LocalConstant, error) {
	radii := slices.Sorted(slices.Values(a.Local.Radii))
	curve := make([]report.LocalConstant, len(radii))
	for k, radius := range radii {
		c, err := a.localConstant(ctx, net, x, radius)
		if err != nil {
			return nil, err
		}

		// A value reached in a smaller neighbourhood is also reached in a larger one.
		if k > 0 && !(c.Lower >= curve[k-1].Lower) {
			c.Lower = curve[k-1].Lower
		}
		curve[k] = c
	}

	// A bound for a larger neighbourhood also holds in a smaller one.
	for k := len(curve) - 2; k >= 0; k-- {
		curve[k].Upper = min(curve[k].Upper, curve[k+1].Upper)
	}

	return curve, nil
}

// localConstant encloses the constant within one neighbourhood, by the tracker's metric and, for a
// small piecewise linear network, also by branch and bound.
func (a *auditor) localConstant(
	ctx context.Context,
	net *network.Network,
	x []float64,
	radius float64,
) (report.LocalConstant, error) {
	c := report.LocalConstant{Radius: series.Float(radius)}
	at := tracker.LocalOptions{
		Radius: radius,
		Shape:  a.Local.shape(),
		Points: 1,
	}
	metric, err := tracker.NewMetric(series.LocalUpper, tracker.Options{Local: at})
	if err != nil {
		return c, err
	}

	probe := tracker.Probes{X: mat.NewDense(1, len(x), slices.Clone(x))}
	samples, err := metric.Measure(&tracker.Snapshot{Net: net, Probes: probe})
	if err != nil {
		return c, err
	}

	for _, s := range samples {
		switch s.Metric {
		case series.LocalUpper:
			c.Upper = s.Value
		case series.LocalLower:
			c.Lower = s.Value
		}
	}

	effort := bounds.Effort{
		Branches: a.effort().branches,
		Swift:    true,
		Stop:     func() bool { return ctx.Err() != nil },
	}
	if net.In() <= bounds.MaxSwiftInputs {
		effort.Branches *= swiftness
	}

	if c.Lower > 0 { // not NaN
		effort.Reached = float64(c.Lower)
	}

	// Other networks have no branches; they keep the result of the metric.
	n := at.Neighbourhood(x)
	if found, err := bounds.Enclose(net, &n, effort); err == nil {
		c.Upper = min(c.Upper, series.Float(found.Upper))
		c.Lower = max(c.Lower, series.Float(found.Lower))
	}

	return c, ctx.Err()
}
