package audit

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// decisionsOf summarises all decisions: the shares of certified and flipped decisions over the
// sizes and, unless the tolerance is 0, at the tolerance.
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

// flipsByClass counts the flips up to a size by the classes from which and to which they lead.
func flipsByClass(all []decision, classes int, size float64) [][]int {
	counts := make([][]int, classes)
	for c := range counts {
		counts[c] = make([]int, classes)
	}
	for _, d := range all {
		if d.flip.point != nil && d.flip.size <= size {
			counts[d.class][d.flip.to]++
		}
	}
	return counts
}

// sharesAt returns the shares of the decisions that are certified, flipped or undecided under
// perturbations of the size.
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
		Size:   series.Float(size),
		ByNorm: share(func(d decision) bool { return d.byNorm >= size }),
		ByPairs: share(func(d decision) bool {
			return d.byPairs >= size
		}),
		Certified: share(func(d decision) bool { return d.safe >= size }),
		Flipped: share(func(d decision) bool {
			return d.flip.size <= size
		}),
		Undecided: share(func(d decision) bool {
			return d.safe < size && d.flip.size > size
		}),
	}
}

// accuracy returns the share of the decisions that equal the labels.
func accuracy(all []decision, labels []int) float64 {
	right := 0
	for i, d := range all {
		if d.class == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(all))
}

// largestShare returns the share of the most common label: the accuracy of always guessing it.
func largestShare(labels []int) float64 {
	counts, most := map[int]int{}, 0
	for _, l := range labels {
		counts[l]++
		most = max(most, counts[l])
	}
	return float64(most) / float64(len(labels))
}

// decideSamples certifies and attacks the decisions. It returns them in the order of the rows, or
// nil for a regression.
func (a *auditor) decideSamples(ctx context.Context, near *encloser) (all []decision, err error) {
	if a.classifier == nil {
		return nil, nil
	}

	a.stage("decisions: certificates and search for flips")
	constant := a.constant
	// The classifier lacks the activation of the outputs, whose slope is part of the constant.
	if a.net.Last().Activation != network.Identity {
		if constant, err = lipschitzFrom(a.norms, a.classifier, a.ball, a.effort().whole); err != nil {
			return nil, err
		}
	}

	j, err := newJudge(ctx, near.forNetwork(a.classifier), constant, a.effort().pairs)
	if err != nil {
		return nil, err
	}

	j.effort = a.effort().operations
	all, err = j.decisions(ctx, a.x, a.candidates, trialSizes(a.size, a.reference()))
	if err != nil {
		return nil, err
	}

	flips, perturbed := make([]float64, len(all)), mat.DenseCopyOf(a.x)
	for i, d := range all {
		if flips[i] = d.flip.size; d.flip.point != nil {
			perturbed.SetRow(i, d.flip.point)
		}
	}

	// A flip also changes outputs, and the reported change must not be less than the change seen
	// here.
	a.candidates = append(a.candidates, perturbed)
	sizes := a.sizes(median(flips))
	a.stage("decisions: local certificates")
	err = processors.EachUntil(ctx, len(all), func(i int) error {
		j.improve(&all[i], a.x.RawRowView(i), sizes)
		return nil
	})

	if err != nil {
		return nil, err
	}

	a.report.Decisions = decisionsOf(all, sizes, a.size)
	within := a.size
	// Without a tolerance every flip counts, regardless of its size.
	if within == 0 {
		within = math.Inf(1)
	}

	a.report.Decisions.Flips = flipsByClass(all, a.classifier.Out(), within)
	if a.labels != nil {
		a.report.Data.Accuracy = optionalFloat(accuracy(all, a.labels))
		a.report.Data.Guessing = optionalFloat(largestShare(a.labels))
	}

	return all, nil
}

// sizes returns the sizes of the curve, around the tolerance or, without one, around the median
// flip.
func (a *auditor) sizes(usualFlip float64) []float64 {
	switch {
	case a.size > 0:
		return sizesAround(a.size)
	case usualFlip > 0 && usualFlip <= math.MaxFloat64:
		return sizesAround(usualFlip)
	}
	return sizesAround(a.reference())
}

// reference returns the size of the ball around single samples: the tolerance or, without one, a
// hundredth of the samples' root mean square distance from their mean, in the data's units.
func (a *auditor) reference() float64 {
	if a.size > 0 {
		return a.size
	}

	_, d := a.x.Dims()
	squares := 0.0
	for c := range d {
		s := spreadOf(mat.Col(nil, c, a.x)) / a.ball.unit[c]
		squares += s * s
	}

	// A single sample, or equal samples, have no spread.
	if squares == 0 {
		return 0.01
	}

	return math.Sqrt(squares) / 100
}

// spreadOf returns the root mean square distance of finite numbers from their mean.
func spreadOf(v []float64) float64 {
	n, mean := float64(len(v)), 0.0
	for _, x := range v {
		// Dividing before summing keeps large numbers from overflowing.
		mean += x / n
	}

	distances := make([]float64, len(v))
	for i, x := range v {
		distances[i] = (x - mean) / math.Sqrt(n)
	}

	// Norm scales its argument, so squares do not overflow.
	return floats.Norm(distances, 2)
}
