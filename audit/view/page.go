// Package view writes the page of an audit from its report.
package view

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Audit writes the page of an audit: a summary of the results, the checklist, the sizes of
// perturbations for which decisions are safe, the amplification by each layer, and the samples and
// features to which the network is most sensitive.
func Audit(w io.Writer, r *report.Report) error {
	if err := auditPage(r).Write(w); err != nil {
		return fmt.Errorf("writing the page of the audit of %s: %w", r.Model.File, err)
	}
	return nil
}

func auditPage(r *report.Report) *page.Page {
	p := &page.Page{
		Kind:    "audit of a network",
		Title:   r.Model.File,
		Summary: append([]string{verdictSentence(r)}, append(r.Summary, describeAudit(r))...),
		Tiles:   auditTiles(r),
		Verdict: string(r.Verdict),
		Lead:    []figure.Table{checkTable(r)},
		Tables:  auditTables(r),
	}

	for _, c := range auditCharts {
		f, declined := c.draw(r)
		switch {
		case f != nil:
			f.ID, f.Title, f.Size = c.id, c.title, c.size
			if r.Decisions == nil {
				f.Size = figure.Half // there is no hero chart to stand next to
			}

			p.Figures = append(p.Figures, f)
		case declined != "": // empty if nobody asked for the chart
			p.Missing = append(p.Missing, page.Missing{Title: c.title, Reason: declined})
		}
	}

	return p
}

// auditCharts are the charts of an audit's page, in order.
var auditCharts = []struct {
	id, title string
	size      figure.Size
	draw      func(*report.Report) (*figure.Figure, string)
}{
	{"decisions", "Decisions under errors of the inputs", figure.Hero, decisionCurve},
	{"amplification", "Where the network amplifies", figure.Side, amplification},
	{"sensitivity", "Sensitivity of the samples", figure.Side, sensitivityCurve},
	{"costs", "What each bound costs", figure.Half, boundCosts},
	{"local", "Lipschitz constants near samples", figure.Half, localCurves},
}

// verdictSentence returns the verdict with its mark and its reason.
func verdictSentence(r *report.Report) string {
	return fmt.Sprintf(
		"%s %s: %s",
		statusMarks[r.Verdict],
		strings.ToUpper(string(r.Verdict)),
		r.VerdictWords(),
	)
}

// describeAudit describes the model, the data and the tolerance.
func describeAudit(r *report.Report) string {
	m, d := r.Model, r.Data
	samples := figure.Plural(d.Samples, "sample")
	if d.Available > d.Samples {
		samples = fmt.Sprintf(
			"%s of %s samples",
			figure.FormatInt(d.Samples),
			figure.FormatInt(d.Available),
		)
	}

	text := fmt.Sprintf(
		"Read from %s (%s): %s, %s, %s; on %s of %s",
		m.File,
		m.Format,
		figure.Plural(m.Inputs, "input"),
		figure.Plural(m.Outputs, "output"),
		figure.Plural(m.Parameters, "parameter"),
		samples,
		d.Source,
	)
	if d.Scaled {
		text += ", scaled to the model's units"
	}

	return text + "." + describeTolerance(r.Tolerance)
}

func describeTolerance(t *report.Tolerance) string {
	switch {
	case t == nil:
		return " No tolerance of the inputs was given."
	case t.Each != nil:
		return " The tolerance is a ± for each feature; sizes are multiples of it."
	}
	return fmt.Sprintf(
		" The tolerance is %s in the 2-norm and the data's units.",
		strconv.FormatFloat(float64(t.Radius), 'g', -1, 64),
	)
}

// auditTiles returns the most important numbers.
func auditTiles(r *report.Report) []page.Tile {
	counts := map[report.Status]int{}
	for _, c := range r.Checks {
		counts[c.Status]++
	}

	note := fmt.Sprintf("%d pass, %d need attention, %d fail",
		counts[report.Pass], counts[report.Attention], counts[report.Fail])
	tiles := []page.Tile{page.NewTile(
		"Verdict",
		statusMarks[r.Verdict]+" "+string(r.Verdict),
		note,
	)}
	tiles = append(tiles, sandwichTiles(r.Lipschitz)...)

	if d := r.Decisions; d != nil && d.At != nil {
		unknown := formatShare(d.At.Undecided) + " unknown"
		tiles = append(
			tiles,
			page.NewTile(
				"Decisions certainly unchanged",
				formatShare(d.At.Certified),
				"within the tolerance",
			),
			page.NewTile("Decisions that flip", formatShare(d.At.Flipped), unknown),
		)
	} else if c := r.Change; c != nil {
		tiles = append(
			tiles,
			page.NewTile(
				"Outputs change by at least",
				amountCell(c.Seen).Text,
				"found within the tolerance",
			),
			page.NewTile("and at most", amountCell(c.Possible).Text, "proved at the samples"),
		)
	}

	return tiles
}

// sandwichTiles returns tiles with the bounds on the Lipschitz constant, or with the reason why
// there is none.
func sandwichTiles(s report.Sandwich) []page.Tile {
	lower := page.NewTile(
		"Lipschitz constant at least",
		figure.FormatNumber(float64(s.Lower)),
		"found",
	)
	if s.LowerReason != "" {
		lower.Value, lower.Note = figure.None.Text, s.LowerReason
	}

	upper := page.NewTile("and at most", figure.FormatNumber(float64(s.Upper)), "proved")
	switch {
	case math.IsInf(float64(s.Upper), 1):
		upper.Value, upper.Note = figure.None.Text, "a number beyond float64"
	case query.Finite(float64(s.Gap)):
		upper.Note += ", " + figure.FormatFactor(float64(s.Gap)) + " as much"
	}

	return []page.Tile{lower, upper}
}

// formatShare formats a share in percent. It rounds to 0 or 100 % only if the share is exactly 0 or
// 1.
func formatShare(v series.Float) string {
	return fmt.Sprintf("%g %%", report.RoundedPercent(float64(v)))
}

// decisionCurve draws over the size of perturbations the share of the decisions that certainly do
// not change, from the bottom up, and the share of the decisions that flip, from the top down. The
// decisions in between are undecided.
func decisionCurve(r *report.Report) (*figure.Figure, string) {
	d := r.Decisions
	if d == nil {
		return nil, "applies to classifications only, and this is a regression"
	}

	x := "2-norm of the errors, in the data's units"
	if r.Tolerance != nil && r.Tolerance.Each != nil {
		x = "size of the errors, as a multiple of the tolerance"
	}

	p := figure.New(figure.Axis{Name: x, Log: true}, figure.Axis{Name: "share of the samples"})
	var safe, unknown, flipped, certified, byPairs, byNorm, flips []figure.Row
	for _, s := range d.Curve {
		at, c, f := float64(s.Size), float64(s.Certified), float64(s.Flipped)
		safe = append(safe, figure.Row{at, 0, c})
		unknown = append(unknown, figure.Row{at, c, 1 - f})
		flipped = append(flipped, figure.Row{at, 1 - f, 1})
		certified = append(certified, figure.Row{at, c})
		flips = append(flips, figure.Row{at, 1 - f})
		byPairs = append(byPairs, figure.Row{at, float64(s.ByPairs)})
		byNorm = append(byNorm, figure.Row{at, float64(s.ByNorm)})
	}

	p.AddBand("certainly unchanged", safe, figure.Green)
	p.AddBand("not known", unknown, figure.Gray)
	p.AddBand("flips", flipped, figure.Vermilion)
	p.AddLine("no flip found", flips, figure.BoldStroke(figure.Vermilion, "rect"))
	p.AddLine("certified", certified, figure.BoldStroke(figure.Green, "circle"))
	p.AddLine(
		"certified by pairs of outputs",
		byPairs,
		figure.Stroke(figure.Blue, "diamond", figure.Dashed, 1.5),
	)
	p.AddLine(
		"certified by margin/(√2·L)",
		byNorm,
		figure.Stroke(figure.Purple, "triangle", figure.Dotted, 1.5),
	)
	if d.At != nil {
		p.AddVerticals("tolerance", figure.Mark{Name: "tolerance", Value: float64(d.At.Size)})
	}

	return p.Explain(
		"For the samples below the green curve, it is proved that no error of that size can change " +
			"the decision; for those above the red curve, an error was found that changes it. The " +
			"samples between the two are undecided. The thinner curves are what simpler certificates " +
			"would prove.",
	)
}

// amplification draws the largest Jacobian norm at the most sensitive samples from the input up to
// each layer, and its certified bound.
func amplification(r *report.Report) (*figure.Figure, string) {
	if len(r.Layers) < 2 {
		return nil, "needs at least two layers"
	}

	p := figure.New(
		figure.Axis{Name: "layer", Values: []string{"input"}},
		figure.Axis{Name: "largest ‖J‖ from the input", Log: true},
	)
	found, proved, between := []figure.Row{{0, 1}}, []figure.Row{{0, 1}}, []figure.Row{{0, 1, 1}}
	for i, l := range r.Layers {
		at := float64(i + 1)
		p.X.Values = append(p.X.Values, fmt.Sprint(l.Layer))
		proved = append(proved, figure.Row{at, float64(l.Certified)})
		if l.Reached != nil {
			found = append(found, figure.Row{at, float64(*l.Reached)})
			between = append(between, figure.Row{at, float64(*l.Reached), float64(l.Certified)})
		}
	}

	p.AddBand("the constant lies here", between, figure.Sky)
	p.AddLine("certified", proved, figure.BoldStroke(figure.Vermilion, "rect"))
	p.AddLine("on the samples", found, figure.BoldStroke(figure.Blue, "circle"))
	return p.Explain(
		"How much a change of the inputs is amplified up to each layer, including its activation: " +
			"at the most sensitive samples (blue), and at most (red, certified). The network amplifies " +
			"where the blue line is steep; where the band widens, the bound is loose.",
	)
}

// sensitivityCurve draws the quantiles of the Jacobian norms of the samples.
func sensitivityCurve(r *report.Report) (*figure.Figure, string) {
	p := figure.New(
		figure.Axis{Name: "share of the samples"},
		figure.Axis{Name: figure.JacobianAxis},
	)

	last := float64(len(r.Sensitivity.Norms) - 1)
	var rows []figure.Row
	for i, v := range r.Sensitivity.Norms {
		rows = append(rows, figure.Row{float64(i) / last, float64(v)})
	}

	p.AddLine("norm that this share stays below", rows, figure.BoldStroke(figure.Blue, ""))
	p.AddHorizontal("median", float64(r.Sensitivity.Median))
	return p.Explain(
		"Jacobian norms of the samples, from the least to the most sensitive. A steep end on the " +
			"right means that a few samples are far more sensitive than the others.",
	)
}
