package audit

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// mostOutputs is the largest number of outputs of a regression that are reported individually.
const mostOutputs = 16

// searchChanges searches for perturbations within the tolerance that change the outputs most: all
// outputs together and, for a regression, each output. It adds the perturbed points to the
// candidates.
func (a *auditor) searchChanges(ctx context.Context) error {
	if a.size == 0 {
		return nil
	}

	a.stage("change of the outputs: search")
	outputs := []int{every}
	if a.eachOutput() {
		for c := range a.net.Out() {
			outputs = append(outputs, c)
		}
	}

	// The perturbation that changes all outputs together most need not change any one of them most.
	for _, output := range outputs {
		perturbed, err := a.search().changes(ctx, a.size, output)
		if err != nil {
			return err
		}

		a.candidates = append(a.candidates, perturbed)
	}

	return nil
}

// eachOutput reports whether outputs are reported individually.
func (a *auditor) eachOutput() bool {
	return a.classifier == nil && a.net.Out() <= mostOutputs
}

// change reports how much errors within the tolerance change the outputs. Without a tolerance it
// does nothing.
func (a *auditor) change(ctx context.Context, near *encloser) error {
	if a.size == 0 {
		return nil
	}

	a.stage("change of the outputs")
	anywhere := rounding.MulUp(a.size, a.constant)
	possible, err := near.largestPossible(ctx, a.x, a.size, anywhere)
	if err != nil {
		return err
	}

	seen, err := a.seen(ctx, near)
	if err != nil {
		return err
	}

	outputs, err := a.outputs(ctx)
	if err != nil {
		return err
	}

	_, k := outputs.Dims()
	spreads := make([]float64, k)
	for c := range k {
		spreads[c] = spreadOf(mat.Col(nil, c, outputs))
	}

	a.report.Tolerance = &report.Tolerance{
		Radius: series.Float(a.Tolerance.Radius),
		Each:   seriesFloats(a.Tolerance.Each),
	}
	a.report.Change = &report.Change{
		Seen:     series.Float(seen.all),
		Row:      seen.row,
		Possible: series.Float(possible),
		Anywhere: series.Float(anywhere),
		Spread:   series.Float(floats.Norm(spreads, 2)),
	}

	a.raiseLower(seen.quotient)

	if !a.eachOutput() {
		return nil
	}

	for c := range k {
		one, err := a.outputChange(ctx, near, c)
		if err != nil {
			return err
		}

		one.Seen, one.Spread = series.Float(seen.each[c]), series.Float(spreads[c])
		a.report.Change.Outputs = append(a.report.Change.Outputs, one)
	}

	if a.classifier == nil {
		a.Targets.describe(a.report.Change)
	}

	return nil
}

// seenChange holds the largest changes seen under perturbations within the tolerance, rounded down
// so that they hold for all rounding errors.
type seenChange struct {
	all      float64 // change of all outputs, in the 2-norm
	row      int     // the row of the data with the largest change, counted from 1
	each     []float64
	quotient float64 // all divided by the 2-norm of the perturbation in the model's units
}

// seen evaluates all candidates, regardless of which search found them, so that no number is less
// than a change seen in another search.
func (a *auditor) seen(ctx context.Context, near *encloser) (seenChange, error) {
	// Each sample fills its own entry. They are combined afterwards, so the result does not depend
	// on the order of goroutines.
	found := make([]seenChange, len(a.rows))
	err := processors.EachUntil(ctx, len(found), func(i int) error {
		found[i].each = make([]float64, a.net.Out())
		for _, perturbed := range a.candidates {
			found[i].noteChange(near, a.x.RawRowView(i), perturbed.RawRowView(i), a.size)
		}

		return nil
	})

	largest := seenChange{row: a.rows[0] + 1, each: make([]float64, a.net.Out())}
	for i, f := range found {
		if f.all > largest.all {
			largest.all, largest.row = f.all, a.rows[i]+1
		}

		largest.quotient = max(largest.quotient, f.quotient)
		for c, v := range f.each {
			largest.each[c] = max(largest.each[c], v)
		}
	}

	return largest, err
}

// noteChange records the change from x to y, unless y is beyond the tolerance.
func (s *seenChange) noteChange(near *encloser, x, y []float64, size float64) {
	// Candidates come from several searches, some of which go beyond the tolerance.
	if !(near.ball.sizeOf(x, y) <= size) {
		return
	}

	changes := near.seenChanges(x, y)
	for c, v := range changes {
		s.each[c] = max(s.each[c], v)
	}

	all := rounding.SumDown(floats.Norm(changes, 2), len(changes))
	s.all = max(s.all, all)
	// The change is rounded down and the distance up, so the quotient is a true lower bound.
	distance := rounding.SumUp(floats.Distance(x, y, 2), len(x))
	if all > 0 && distance > 0 {
		s.quotient = max(s.quotient, rounding.SumDown(all/distance, 1))
	}
}

// outputChange bounds the change of one output.
func (a *auditor) outputChange(ctx context.Context, near *encloser, output int) (report.OutputChange, error) {
	last := a.net.Last()
	constant, err := a.outputConstant(near, network.Layer{
		Weight:     mat.NewDense(1, last.In(), last.Weight.RawRowView(output)),
		Activation: last.Activation, // without the bias, which does not affect changes
	})
	if err != nil {
		return report.OutputChange{}, err
	}

	anywhere := rounding.MulUp(a.size, constant)
	possible := make([]float64, len(a.rows))
	err = processors.EachUntil(ctx, len(possible), func(i int) error {
		possible[i] = min(near.possible(a.x.RawRowView(i), a.size, output), anywhere)
		return nil
	})

	return report.OutputChange{
		Output:   output,
		Possible: series.Float(slices.Max(possible)),
		Anywhere: series.Float(anywhere),
	}, err
}

// outputConstant returns an upper bound of the Lipschitz constant of one output as a function of u;
// one is the last layer reduced to this output. If there are no matrices, it combines the norm of
// one with the bound of the layers before it.
func (a *auditor) outputConstant(near *encloser, one network.Layer) (float64, error) {
	if near.matrices != nil {
		return lipschitz(withLast(near.matrices, one), a.ball, brief)
	}

	row := rounding.Norm2Up(one.Weight.RawRowView(0))

	return rounding.SumUp(row*near.before()*one.Activation.Lipschitz(), 4), nil
}

// outputs returns the network's outputs at the samples, N×K.
func (a *auditor) outputs(ctx context.Context) (*mat.Dense, error) {
	n, _ := a.x.Dims()
	all := mat.NewDense(n, a.net.Out(), nil)
	err := a.search().chunks(ctx, func(c chunk) {
		copy(all.RawMatrix().Data[c.from*a.net.Out():], c.evaluate())
	})
	return all, err
}

// checkOutputs returns an error if the outputs at a sample are beyond float64, since no other
// result would have a meaning then.
func (a *auditor) checkOutputs(ctx context.Context) error {
	outputs, err := a.outputs(ctx)
	if err != nil {
		return err
	}

	for i := range a.rows {
		if !finite(outputs.RawRowView(i)) {
			return fmt.Errorf(
				"%s at row %d of %s: the outputs, or intermediate results, are beyond float64, "+
					"whose largest number is 1.8e308",
				a.model.File, a.rows[i]+1, a.data.Source)
		}
	}

	return nil
}

func seriesFloats(v []float64) []series.Float {
	var f []series.Float
	for _, x := range v {
		f = append(f, series.Float(x))
	}
	return f
}
