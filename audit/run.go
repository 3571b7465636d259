package audit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// mostSamples is how many of the most sensitive samples are reported.
const mostSamples = 10

// run fills the report.
func (a *auditor) run(ctx context.Context) error {
	n, _ := a.data.X.Dims()
	a.report = &report.Report{
		Format: report.Format,
		Model: report.Model{
			File:       a.model.File,
			Format:     a.model.Format,
			Inputs:     a.net.In(),
			Outputs:    a.net.Out(),
			Parameters: a.net.Parameters(),
			Notes:      a.model.Notes,
		},
		Data: report.Data{
			Source:    a.data.Source,
			Samples:   len(a.rows),
			Available: n,
			Scaled:    a.Scale != nil,
			Classes:   a.data.Classes,
		},
	}

	if err := a.checkOutputs(ctx); err != nil {
		return err
	}

	a.scorePredictions()

	a.stage("sensitivity of the samples")
	sensitive, err := sensitivityOf(ctx, a.search())
	if err != nil {
		return err
	}

	a.report.Sensitivity = sensitive.distribution()
	a.report.Sensitivity.Features = sensitive.features(
		a.data.Features,
		a.ball,
		a.Scale,
		a.Tolerance,
	)
	a.stage("bounds on the Lipschitz constant")
	if err := a.sandwich(ctx, sensitive.bySensitivity()); err != nil {
		return err
	}

	if err := a.localConstants(ctx, sensitive.bySensitivity()); err != nil {
		return err
	}

	near, err := encloserOf(a.net, a.nearMatrices(), a.norms, a.ball)
	if err != nil {
		return err
	}

	// Searches come before the verdicts on decisions: each takes the others' points for candidates.
	if err := a.searchChanges(ctx); err != nil {
		return err
	}

	decided, err := a.decide(ctx, near)
	if err != nil {
		return err
	}

	if err := a.change(ctx, near); err != nil {
		return err
	}

	a.stage("certificates of single samples")
	if err := a.samples(ctx, near, sensitive, decided); err != nil {
		return err
	}

	a.report.All = a.allSamples(sensitive, decided)
	if err := a.check(); err != nil {
		return err
	}

	a.summarise()

	return nil
}

func (a *auditor) search() search {
	return search{a.net, a.ball, a.x, a.effort()}
}

// sandwich bounds the Lipschitz constant from both sides, and what the layers do, at the most
// sensitive samples, which come first in order.
func (a *auditor) sandwich(ctx context.Context, order []int) error {
	known, err := bounds.NewWhole(a.net)
	if err != nil {
		return err
	}

	a.norms = known

	best, by, computed := strongest(a.net, known, a.limit(), true)
	branched, ends := enclosed(ctx, a.net, a.patience())
	if branched.Value != nil && ends.Upper < best {
		best, by = ends.Upper, sandwichMethod
	}

	if a.constant = a.ball.constant(a.net, known, best); !a.ball.plain() {
		if a.constant, err = lipschitzFrom(a.norms, a.net, a.ball, a.limit()); err != nil {
			return err
		}
	}

	// Random points can only raise the lower end, which needs no raising where the constant itself
	// is known.
	itself := exact(a.net)
	rounds, note := a.searchRounds(a.net)
	if note != "" {
		a.addNote(note)
	}

	found, err := measure(ctx, a.net, a.x, order, itself.Value == nil, rounds)
	if err != nil {
		return err
	}

	onData, _ := found.lower(len(a.net.Layers), len(a.net.Layers))
	lower, reason := found.largestFound(onData)
	if ends.Lower > lower {
		lower, reason = ends.Lower, ""
	}

	a.certified = best
	a.report.Lipschitz = report.Sandwich{
		Lower:       series.Float(lower),
		OnData:      series.Float(onData),
		LowerReason: reason,
		Upper:       series.Float(best),
		UpperBy:     by,
		Gap:         series.Float(ratio(best, lower)),
	}

	a.report.Lipschitz.Methods = append(computed, branched, itself)
	if itself.Value != nil {
		a.closeSandwich(float64(*itself.Value))
	}

	a.report.Layers, err = layersOf(a.net, a.model.Names, known, found, best)

	return err
}

// closeSandwich puts the constant itself in the place of both bounds. Certificates still come from
// the certified one.
func (a *auditor) closeSandwich(constant float64) {
	s := &a.report.Lipschitz
	// Both are computed in floating point: an exact value above a certified bound would be off by
	// rounding.
	if constant <= a.certified {
		s.Upper, s.UpperBy = series.Float(max(constant, float64(s.Lower))), exactMethod
	}
	a.raiseLower(min(constant, a.certified))
	s.Gap = series.Float(ratio(s.Upper, s.Lower))
}

// decide certifies and attacks decisions. It returns them in the order of the rows, nil for a
// regression.
func (a *auditor) decide(ctx context.Context, near *encloser) (all []decision, err error) {
	if a.classifier == nil {
		return nil, nil
	}

	a.stage("decisions: certificates and search for flips")
	constant := a.constant
	// The classifier is without the activation of the outputs, whose slope is part of the constant.
	if a.net.Last().Activation != network.Identity {
		if constant, err = lipschitzFrom(a.norms, a.classifier, a.ball, a.limit()); err != nil {
			return nil, err
		}
	}

	j, err := newJudge(ctx, near.of(a.classifier), constant, a.budget())
	if err != nil {
		return nil, err
	}

	j.effort = a.effort()
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

	// A flip changes outputs, too, and the change that is reported may not be less than what was
	// seen here.
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
	// Without a tolerance every flip counts, however far.
	if within == 0 {
		within = math.Inf(1)
	}

	a.report.Decisions.Flips = flipsByClass(all, a.classifier.Out(), within)
	if a.labels != nil {
		a.report.Data.Accuracy = number(accuracy(all, a.labels))
		a.report.Data.Guessing = number(largestShare(a.labels))
	}

	return all, nil
}

// sizes returns the sizes of the curve, around the tolerance or else around the median flip.
func (a *auditor) sizes(usualFlip float64) []float64 {
	switch {
	case a.size > 0:
		return sizesAround(a.size)
	case usualFlip > 0 && usualFlip <= math.MaxFloat64:
		return sizesAround(usualFlip)
	}
	return sizesAround(a.reference())
}

// reference returns the size of the ball around single samples: the tolerance, or else a hundredth
// of the samples' root mean square distance from their mean, in the data's units.
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

	// One sample, or equal ones, have no spread to take a part of.
	if squares == 0 {
		return 0.01
	}

	return math.Sqrt(squares) / 100
}

// spreadOf returns the root mean square distance of finite numbers from their mean.
func spreadOf(v []float64) float64 {
	n, mean := float64(len(v)), 0.0
	for _, x := range v {
		// Divided before they are summed, so that large numbers do not overflow.
		mean += x / n
	}

	distances := make([]float64, len(v))
	for i, x := range v {
		distances[i] = (x - mean) / math.Sqrt(n)
	}

	// Norm scales, so that squares do not overflow.
	return floats.Norm(distances, 2)
}

// samples reports on the most sensitive samples, then on the rows asked for.
func (a *auditor) samples(
	ctx context.Context,
	near *encloser,
	s *sensitivity,
	decided []decision,
) error {
	order := s.bySensitivity()
	shown := slices.Clone(order[:min(mostSamples, len(order))])
	for _, r := range a.Rows {
		i := slices.Index(a.rows, r-1)
		if !slices.Contains(shown, i) {
			shown = append(shown, i)
		}
	}

	found := make([]report.Sample, len(shown))
	err := processors.EachUntil(ctx, len(shown), func(i int) (err error) {
		found[i], err = a.sample(near, s, decided, shown[i])
		return err
	})

	a.report.Sensitivity.Samples = found

	return err
}

func (a *auditor) sample(
	near *encloser,
	s *sensitivity,
	decided []decision,
	i int,
) (report.Sample, error) {
	x := a.x.RawRowView(i)
	size := a.reference()
	_, ranges := near.outputs(x, size)
	bound, err := local(near.matrices, ranges, a.certified)
	r := report.Sample{
		Row:       a.rows[i] + 1,
		Norm:      series.Float(s.norms[i]),
		Local:     series.Float(bound),
		Ball:      series.Float(size),
		Direction: a.search().worstDirection(x, a.data.Features, a.Scale),
	}
	if decided != nil {
		r.Decision = a.decisionOf(decided[i], i)
	}

	return r, err
}

// decisionOf reports the decision of a sample.
func (a *auditor) decisionOf(d decision, i int) *report.Decision {
	r := &report.Decision{
		Class: d.class,
		Safe:  series.Float(d.safe),
		Flip:  series.Float(d.flip.size),
	}
	if d.flip.point != nil {
		r.FlipTo = &d.flip.to
	}
	if a.labels != nil {
		r.Label = &a.labels[i]
	}
	return r
}

// allSamples reports every sample in short.
func (a *auditor) allSamples(s *sensitivity, decided []decision) []report.SampleRow {
	all := make([]report.SampleRow, len(a.rows))
	for i, r := range a.rows {
		all[i] = report.SampleRow{Row: r + 1, Norm: series.Float(s.norms[i])}
		if decided != nil {
			all[i].Decision, all[i].Margin = a.decisionOf(decided[i], i), series.Float(decided[i].margin)
		}
	}
	return all
}
