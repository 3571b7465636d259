package plots

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// Audit writes the page of an audit: what was found in a few sentences, the checklist, for
// perturbations of which size decisions are safe, in which layer a network amplifies, and the
// samples and features it is most sensitive to.
func Audit(w io.Writer, r *report.Report) error {
	if err := auditPage(r).Write(w); err != nil {
		return fmt.Errorf("writing the page of the audit of %s: %w", r.Model.File, err)
	}
	return nil
}

func auditPage(r *report.Report) *Page {
	p := &Page{
		Kind:    "audit of a network",
		Title:   r.Model.File,
		Summary: append([]string{verdictSentence(r)}, append(r.Summary, describeAudit(r))...),
		Tiles:   auditTiles(r),
		Verdict: string(r.Verdict),
		Lead:    []table{checkTable(r)},
		Tables:  auditTables(r),
	}

	for _, c := range auditCharts {
		f, declined := c.draw(r)
		if f == nil {
			p.Missing = append(p.Missing, missing{c.title, declined})
			continue
		}

		f.ID, f.Title, f.Size = c.id, c.title, c.size
		if r.Decisions == nil {
			f.Size = half // there is no hero for them to be beside
		}

		p.Figures = append(p.Figures, f)
	}

	return p
}

// auditCharts are the charts of an audit's page, in order.
var auditCharts = []struct {
	id, title string
	size      size
	draw      func(*report.Report) (*Figure, string)
}{
	{"decisions", "Decisions under errors of the inputs", hero, decisionCurve},
	{"amplification", "Where the network amplifies", side, amplification},
	{"sensitivity", "Sensitivity of the samples", side, sensitivityCurve},
	{"costs", "What each bound costs", half, boundCosts},
}

// verdictSentence returns the verdict with its mark, and what it rests on.
func verdictSentence(r *report.Report) string {
	return fmt.Sprintf("%s %s: %s", statusMarks[r.Verdict], strings.ToUpper(string(r.Verdict)), r.VerdictWords())
}

// describeAudit says what was audited on what.
func describeAudit(r *report.Report) string {
	m, d := r.Model, r.Data
	samples := plural(d.Samples, "sample")
	if d.Available > d.Samples {
		samples = fmt.Sprintf("%s of %s samples", FormatInt(d.Samples), FormatInt(d.Available))
	}

	text := fmt.Sprintf(
		"Read from %s (%s): %s, %s, %s; on %s of %s",
		m.File,
		m.Format,
		plural(m.Inputs, "input"),
		plural(m.Outputs, "output"),
		plural(m.Parameters, "parameter"),
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

// auditTiles returns the numbers to see first.
func auditTiles(r *report.Report) []tile {
	counts := map[report.Status]int{}
	for _, c := range r.Checks {
		counts[c.Status]++
	}

	tiles := []tile{
		{
			"Verdict",
			statusMarks[r.Verdict] + " " + string(r.Verdict),
			fmt.Sprintf(
				"%d pass, %d need attention, %d fail",
				counts[report.Pass],
				counts[report.Attention],
				counts[report.Fail],
			),
		},
	}
	tiles = append(tiles, sandwichTiles(r.Lipschitz)...)

	if d := r.Decisions; d != nil && d.At != nil {
		tiles = append(tiles,
			tile{"Decisions certainly unchanged", formatShare(d.At.Certified), "within the tolerance"},
			tile{"Decisions that flip", formatShare(d.At.Flipped), formatShare(d.At.Undecided) + " unknown"})
	} else if c := r.Change; c != nil {
		tiles = append(tiles,
			tile{"Outputs change by at least", amount(c.Seen).Text, "found within the tolerance"},
			tile{"and at most", amount(c.Possible).Text, "proved at the samples"})
	}

	return tiles
}

// sandwichTiles returns the bounds on the Lipschitz constant, or why there is none.
func sandwichTiles(s report.Sandwich) []tile {
	lower := tile{"Lipschitz constant at least", FormatNumber(float64(s.Lower)), "found"}
	if s.LowerReason != "" {
		lower = tile{lower.Name, none.Text, s.LowerReason}
	}

	upper := tile{"and at most", FormatNumber(float64(s.Upper)), "proved"}
	switch {
	case math.IsInf(float64(s.Upper), 1):
		upper = tile{upper.Name, none.Text, "a number beyond float64"}
	case query.Finite(float64(s.Gap)):
		upper.Note += ", " + FormatFactor(float64(s.Gap)) + " as much"
	}

	return []tile{lower, upper}
}

// formatShare writes a share in percent, not rounded to all or nothing.
func formatShare(v series.Float) string {
	share := float64(v)
	tenths := math.Round(share * 1000)
	if share < 1 {
		tenths = min(tenths, 999)
	}
	if share > 0 {
		tenths = max(tenths, 1)
	}
	return fmt.Sprintf("%g %%", tenths/10)
}

// decisionCurve draws, over the size of perturbations, the share of the decisions that certainly
// do not change from the bottom up, and of those that do from the top down. What is between is not
// known.
func decisionCurve(r *report.Report) (*Figure, string) {
	d := r.Decisions
	if d == nil {
		return nil, "is of classifications, and this is a regression"
	}

	x := "2-norm of the errors, in the data's units"
	if r.Tolerance != nil && r.Tolerance.Each != nil {
		x = "size of the errors, as a multiple of the tolerance"
	}

	p := newPlot(Axis{Name: x, Log: true}, Axis{Name: "share of the samples"})
	var safe, unknown, flipped, certified, byPairs, byNorm, flips []Row
	for _, s := range d.Curve {
		at, c, f := float64(s.Size), float64(s.Certified), float64(s.Flipped)
		safe, unknown, flipped = append(
			safe,
			Row{at, 0, c},
		), append(
			unknown,
			Row{at, c, 1 - f},
		), append(
			flipped,
			Row{at, 1 - f, 1},
		)
		certified, flips = append(certified, Row{at, c}), append(flips, Row{at, 1 - f})
		byPairs, byNorm = append(byPairs, Row{at, float64(s.ByPairs)}), append(byNorm, Row{at, float64(s.ByNorm)})
	}

	p.band("certainly unchanged", safe, green)
	p.band("not known", unknown, gray)
	p.band("flips", flipped, vermilion)
	p.line("no flip found", flips, Style{Color: vermilion, Marker: "rect", Dash: solid, Width: 2.5})
	p.line("certified", certified, Style{Color: green, Marker: "circle", Dash: solid, Width: 2.5})
	p.line("certified by pairs of outputs", byPairs, Style{Color: blue, Marker: "diamond", Dash: dashed, Width: 1.5})
	p.line("certified by margin/(√2·L)", byNorm, Style{Color: purple, Marker: "triangle", Dash: dotted, Width: 1.5})
	if d.At != nil {
		p.verticals("tolerance", []Mark{{"tolerance", float64(d.At.Size)}})
	}

	return p.read(
		"Below the green curve are the samples whose decision no error of that size can change, which is proved; above the red one " +
			"those for which an error was found that changes it. Of the samples between the two it is not known. The thinner curves are what " +
			"simpler certificates would prove.",
	)
}

// amplification draws the largest Jacobian norm at the most sensitive samples from the input up to
// each layer, and its certified bound.
func amplification(r *report.Report) (*Figure, string) {
	if len(r.Layers) < 2 {
		return nil, "needs at least two layers"
	}

	p := newPlot(Axis{Name: "layer", Values: []string{"input"}}, Axis{Name: "largest ‖J‖ from the input", Log: true})
	found, proved, between := []Row{{0, 1}}, []Row{{0, 1}}, []Row{{0, 1, 1}}
	for i, l := range r.Layers {
		at := float64(i + 1)
		p.X.Values = append(p.X.Values, fmt.Sprint(l.Layer))
		proved = append(proved, Row{at, float64(l.Certified)})
		if l.Reached != nil {
			found = append(found, Row{at, float64(*l.Reached)})
			between = append(between, Row{at, float64(*l.Reached), float64(l.Certified)})
		}
	}

	p.band("the constant lies here", between, sky)
	p.line("certified", proved, Style{Color: vermilion, Marker: "rect", Dash: solid, Width: 2.5})
	p.line("on the samples", found, Style{Color: blue, Marker: "circle", Dash: solid, Width: 2.5})
	return p.read(
		"How much a change of the inputs is amplified up to each layer, activation included: at the most sensitive samples, and at most, which is certified. " +
			"The network amplifies where the blue line is steep; where the band widens, the bound is loose.",
	)
}

// sensitivityCurve draws the Jacobian norms of the samples in order.
func sensitivityCurve(r *report.Report) (*Figure, string) {
	p := newPlot(Axis{Name: "share of the samples"}, Axis{Name: jacobianAxis})
	var rows []Row
	for i, v := range r.Sensitivity.Norms {
		rows = append(rows, Row{float64(i) / float64(len(r.Sensitivity.Norms)-1), float64(v)})
	}
	p.line("norm that this share stays below", rows, Style{Color: blue, Dash: solid, Width: 2.5})
	p.horizontals("median", []Mark{{"median", float64(r.Sensitivity.Median)}})
	return p.read(
		"Jacobian norms of the samples from the least to the most sensitive. A steep end on the right means that a few samples are far more " +
			"sensitive than the others.",
	)
}
