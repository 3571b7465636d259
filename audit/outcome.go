package audit

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// decisionsOf draws the curve of what is known of all decisions over the sizes, and what holds
// within the tolerance, unless that is 0.
func decisionsOf(all []decision, sizes []float64, tolerance float64) *report.Decisions {
	safe, flip := make([]float64, len(all)), make([]float64, len(all))
	for i, d := range all {
		safe[i], flip[i] = d.safe, d.flip.size
	}
	r := &report.Decisions{Safe: series.Float(median(safe)), Flip: series.Float(median(flip))}
	for _, size := range sizes {
		r.Curve = append(r.Curve, sharesAt(all, size))
	}
	if tolerance > 0 {
		at := sharesAt(all, tolerance)
		r.At = &at
	}
	return r
}

// sharesAt are the parts of the decisions of which something is known for perturbations of the size.
func sharesAt(all []decision, size float64) report.Shares {
	share := func(holds func(d decision) bool) series.Float {
		count := 0
		for _, d := range all {
			if holds(d) {
				count++
			}
		}
		return series.Float(float64(count) / float64(len(all)))
	}
	return report.Shares{
		Size:      series.Float(size),
		ByNorm:    share(func(d decision) bool { return d.byNorm >= size }),
		ByPairs:   share(func(d decision) bool { return d.byPairs >= size }),
		Certified: share(func(d decision) bool { return d.safe >= size }),
		Flipped:   share(func(d decision) bool { return d.flip.size <= size }),
		Undecided: share(func(d decision) bool { return d.safe < size && d.flip.size > size }),
	}
}

// accuracy is the share of the decisions that are as the labels say.
func accuracy(all []decision, labels []int) float64 {
	right := 0
	for i, d := range all {
		if d.class == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(all))
}

// mostOutputs is the largest number of outputs of a regression that are reported one by one.
const mostOutputs = 16

// change finds how much errors within the tolerance change the outputs, if there is one.
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
	seen, row, err := a.seen(ctx, near, every)
	if err != nil {
		return err
	}
	outputs, err := a.outputs(ctx)
	if err != nil {
		return err
	}
	squares := 0.0
	_, k := outputs.Dims()
	for c := range k {
		s := spreadOf(mat.Col(nil, c, outputs))
		squares += s * s
	}
	a.report.Tolerance = &report.Tolerance{Radius: series.Float(a.Tolerance.Radius), Each: numbers(a.Tolerance.Each)}
	a.report.Change = &report.Change{
		Seen: series.Float(seen), Row: row, Possible: series.Float(possible), Anywhere: series.Float(anywhere),
		Spread: series.Float(math.Sqrt(squares)),
	}
	if a.classifier != nil || k > mostOutputs {
		return nil
	}
	for c := range k {
		one, err := a.outputChange(ctx, near, c)
		if err != nil {
			return err
		}
		one.Spread = series.Float(spreadOf(mat.Col(nil, c, outputs)))
		a.report.Change.Outputs = append(a.report.Change.Outputs, one)
	}
	return nil
}

// seen is the largest change of the output found at any sample, and its row.
func (a *auditor) seen(ctx context.Context, near *encloser, output int) (seen float64, row int, err error) {
	perturbed, err := a.search().changes(ctx, a.size, output)
	if err != nil {
		return 0, 0, err
	}
	changes := make([]float64, len(a.rows))
	err = each(ctx, len(changes), func(i int) error {
		changes[i] = near.seen(a.x.RawRowView(i), perturbed.RawRowView(i), output)
		return nil
	})
	at := 0
	for i, c := range changes {
		if c > changes[at] {
			at = i
		}
	}
	return changes[at], a.rows[at] + 1, err
}

// outputChange is the change of one output.
func (a *auditor) outputChange(ctx context.Context, near *encloser, output int) (report.OutputChange, error) {
	last := a.net.Layers[len(a.net.Layers)-1]
	weight := mat.NewDense(1, last.In(), last.Weight.RawRowView(output))
	one := withOutput(a.net, weight, nil)
	one.Layers[len(one.Layers)-1].Activation = last.Activation
	constant, err := lipschitz(one, a.ball, brief)
	if err != nil {
		return report.OutputChange{}, err
	}
	seen, _, err := a.seen(ctx, near, output)
	if err != nil {
		return report.OutputChange{}, err
	}
	anywhere := rounding.MulUp(a.size, constant)
	possible := make([]float64, len(a.rows))
	err = each(ctx, len(possible), func(i int) error {
		possible[i] = min(near.possible(a.x.RawRowView(i), a.size, output), anywhere)
		return nil
	})
	return report.OutputChange{
		Output: output, Seen: series.Float(seen), Possible: series.Float(largest(possible)), Anywhere: series.Float(anywhere),
	}, err
}

// outputs are those of the network at the samples, N×K.
func (a *auditor) outputs(ctx context.Context) (*mat.Dense, error) {
	n, _ := a.x.Dims()
	all := mat.NewDense(n, a.net.Out(), nil)
	s := a.search()
	err := s.chunks(ctx, func(pass *network.Pass[float64], from, n int) {
		copy(all.RawMatrix().Data[from*a.net.Out():], pass.Forward(s.points(from, n), n))
	})
	return all, err
}

func numbers(v []float64) []series.Float {
	var f []series.Float
	for _, x := range v {
		f = append(f, series.Float(x))
	}
	return f
}

func largest(v []float64) float64 {
	most := v[0]
	for _, x := range v {
		most = max(most, x)
	}
	return most
}
