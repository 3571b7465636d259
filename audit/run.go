package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/tracker/series"
)

// mostSamples is the number of most sensitive samples that are reported.
const mostSamples = 10

// runStages fills the report.
func (a *auditor) runStages(ctx context.Context) error {
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
	a.report.Sensitivity.Features = a.features(sensitive)
	a.stage("bounds on the Lipschitz constant")
	order := largestFirst(sensitive.norms)
	if err := a.sandwich(ctx, order); err != nil {
		return err
	}

	if err := a.localConstants(ctx, order); err != nil {
		return fmt.Errorf("local constants: %w", err)
	}

	near, err := encloserOf(a.net, a.nearMatrices(), a.norms, a.ball)
	if err != nil {
		return err
	}

	// The searches for large changes come first, since the search for flips takes their points as
	// candidates.
	if err := a.searchChanges(ctx); err != nil {
		return err
	}

	decided, err := a.decideSamples(ctx, near)
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
	if err := a.runChecks(); err != nil {
		return err
	}

	a.summarise()

	return nil
}

func (a *auditor) search() search {
	return search{a.net, a.ball, a.x, a.effort().operations}
}

// samples reports the most sensitive samples, then the rows that the user named.
func (a *auditor) samples(
	ctx context.Context,
	near *encloser,
	s *sensitivity,
	decided []decision,
) error {
	order := largestFirst(s.norms)
	shown := slices.Clone(order[:min(mostSamples, len(order))])
	for _, r := range a.Rows {
		i := slices.Index(a.rows, r-1)
		if !slices.Contains(shown, i) {
			shown = append(shown, i)
		}
	}

	found := make([]report.Sample, len(shown))
	err := processors.EachUntil(ctx, len(shown), func(i int) (err error) {
		found[i], err = a.sampleData(near, s, decided, shown[i])
		return err
	})

	a.report.Sensitivity.Samples = found

	return err
}

func (a *auditor) sampleData(
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
		Direction: a.worstDirection(x),
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

// allSamples returns a short row for every sample.
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
