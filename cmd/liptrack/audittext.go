package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// printAudit prints a report for reading in a terminal.
func printAudit(w io.Writer, r *report.Report) {
	p := auditPrinter{w, terminalOptions(w, os.Getenv).Styled}
	p.head(r)
	p.checks(r.Checks)
	p.lipschitz(r)
	p.change(r)
	p.decisions(r.Decisions)
	p.flips(r)
	p.sensitivity(r)
	p.origin(r.Origin)
}

type auditPrinter struct {
	w        io.Writer
	coloured bool
}

// verdictColours are the terminal codes of the verdicts: bold green, yellow and red.
var verdictColours = map[report.Status]string{
	report.Pass:      "1;32",
	report.Attention: "1;33",
	report.Fail:      "1;31",
}

// statusLine prints a line that begins with a word, in the colour of a status if colours are on.
func (p auditPrinter) statusLine(indent string, status report.Status, word, rest string) {
	// Only the word is coloured, because names from a file could contain codes that end the colour.
	if p.coloured {
		word = "\x1b[" + verdictColours[status] + "m" + word + "\x1b[0m"
	}
	fmt.Fprintln(p.w, indent+word+input.Printable(rest))
}

// line prints text that may contain names from files, made safe for a terminal.
func (p auditPrinter) line(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintln(p.w, input.Printable(line))
	}
}

// wrapped prints text in indented lines of fewer than 100 characters.
func (p auditPrinter) wrapped(indent, text string) {
	const width = 99
	for _, line := range joinWords(strings.Fields(text), width-len(indent)) {
		p.line("%s", indent+line)
	}
}

// table prints rows of cells in columns.
func (p auditPrinter) table(rows [][]string) {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = input.Printable(cell)
		}
		row[0] = "  " + row[0]
	}
	printTable(p.w, rows)
}

func (p auditPrinter) head(r *report.Report) {
	m, d := r.Model, r.Data
	p.statusLine("", r.Verdict, strings.ToUpper(string(r.Verdict)), ": "+r.VerdictWords())
	p.line("%s, %s, %s, %s", m.File, figure.Plural(m.Inputs, "input"), figure.Plural(m.Outputs, "output"),
		figure.Plural(m.Parameters, "parameter"))
	of := ""
	if d.Available > d.Samples {
		of = fmt.Sprintf(" of %d", d.Available)
	}

	p.line("on %d%s samples of %s", d.Samples, of, d.Source)
	for _, note := range m.Notes {
		p.wrapped("  ", "note: "+note)
	}

	p.line("")
	for _, s := range r.Summary {
		p.wrapped("", s)
	}
}

// checks prints what each check measured and, unless it passed, what that means and what to do.
func (p auditPrinter) checks(checks []report.Check) {
	const indent = "             "
	p.line("\nChecks")
	for _, c := range checks {
		value := brief(c.Value)
		if math.IsInf(float64(c.Value), 0) {
			value = "unbounded"
		}

		rest := fmt.Sprintf("  %s = %s (%s)", c.Name, value, c.Limits())
		p.statusLine("  ", c.Status, fmt.Sprintf("%-9s", c.Status), rest)
		if c.Status == report.Pass {
			p.wrapped(indent, c.Measured)
			continue
		}
		p.wrapped(indent, c.Measured+" "+c.Meaning)
		p.wrapped(indent, "→ "+c.Action)
	}
}

func (p auditPrinter) lipschitz(r *report.Report) {
	s := r.Lipschitz
	p.line("\nLipschitz constant (2-norm, the model's units)")
	rows := [][]string{
		{
			"found, lower bound",
			brief(s.Lower),
			"",
			"",
			"search from the samples; " + brief(s.OnData) + " at them",
		},
	}
	if s.LowerReason != "" {
		rows[0] = []string{"found, lower bound", "–", "", "", s.LowerReason}
	}

	for _, m := range s.Methods {
		row := []string{m.Name, "–", "", "", m.Reason}
		if m.Value != nil {
			row = []string{
				m.Name,
				brief(*m.Value),
				m.Took(),
				m.Memory(),
				m.How(m.Name == s.UpperBy),
			}
		}
		rows = append(rows, row)
	}

	p.table(rows)
	p.local(r.Local)
	p.line("\nLayers")
	rows = [][]string{{
		"",
		"weight",
		"activation",
		"norm",
		"share",
		"found up to here",
		"certified",
		"factor",
		"dead",
	}}
	for _, l := range r.Layers {
		dead := ""
		if l.Dead != nil {
			dead = brief(*l.Dead * 100)
			dead += " %"
		}

		rows = append(rows, []string{
			strconv.Itoa(l.Layer), fmt.Sprintf("%s %d×%d", l.Name, l.Outputs, l.Inputs), l.Activation,
			brief(l.Norm), brief(l.Share), briefOr(l.Reached), brief(l.Certified), briefOr(l.Gain), dead,
		})
	}

	p.table(rows)
}

func (p auditPrinter) local(l *report.Local) {
	if l == nil {
		return
	}

	p.line("\nLipschitz constants %s", l.Words())
	rows := [][]string{{"", "row", "radius", "reached", "certified"}}
	for _, c := range l.Constants {
		row := []string{
			c.OutputsName(),
			strconv.Itoa(c.Row),
			brief(c.Radius),
			brief(c.Lower),
			brief(c.Upper),
		}
		rows = append(rows, row)
	}

	p.table(rows)
}

func (p auditPrinter) change(r *report.Report) {
	c := r.Change
	if c == nil {
		return
	}

	p.line("\nChange of the outputs caused by errors within the tolerance")
	rows := [][]string{
		{"", "seen", "possible at the samples", "possible anywhere", "spread of the samples"},
		{"all (2-norm)", brief(c.Seen), brief(c.Possible), brief(c.Anywhere), brief(c.Spread)},
	}

	for _, o := range c.Outputs {
		name := o.Name
		if name == "" {
			name = fmt.Sprintf("output %d", o.Output)
		}

		rows = append(
			rows,
			[]string{
				name,
				brief(o.Seen),
				brief(o.Possible),
				brief(o.Anywhere),
				brief(o.Spread),
			},
		)
	}

	p.table(rows)
}

func (p auditPrinter) decisions(d *report.Decisions) {
	if d == nil {
		return
	}

	p.line("\nDecisions: share of the samples whose decision errors up to a size")
	rows := [][]string{{
		"size",
		"cannot change",
		"(by norm, by pairs)",
		"were found to change",
		"unknown",
	}}
	// The curve has eight sizes per decade, too many for a table.
	const step = 4 // of the curve
	for i, s := range d.Curve {
		switch {
		case d.At != nil && s.Size == d.At.Size:
			rows = append(rows, shareRow(s, " = tolerance"))
		case i%step == 0:
			rows = append(rows, shareRow(s, ""))
		}
	}

	p.table(rows)
	p.line("  half of the decisions are certain up to %s; half flip within %s",
		formatSize(d.Safe), formatSize(d.Flip))
}

// flips prints how often each class flips to another.
func (p auditPrinter) flips(r *report.Report) {
	if r.Decisions == nil {
		return
	}

	var rows [][]string
	for class, counts := range r.Decisions.Flips {
		for to, count := range counts {
			if count > 0 {
				rows = append(
					rows,
					[]string{
						r.Data.ClassName(class),
						"→",
						r.Data.ClassName(to),
						strconv.Itoa(count),
					},
				)
			}
		}
	}

	if rows == nil {
		return
	}

	p.line("\nClasses that flip, and to which class, for the errors found")
	p.table(slices.Insert(rows, 0, []string{"class", "", "to", "samples"}))
}

// origin prints the command, version and files from which the report was made.
func (p auditPrinter) origin(o *report.Origin) {
	if o == nil {
		return
	}
	p.line("\nMade %s by liptrack %s, seed %d", o.Date, o.Version, o.Seed)
	p.line("  %s", o.Command)
	var rows [][]string
	for _, f := range o.Files {
		rows = append(rows, []string{f.Role, f.Path, "SHA-256 " + f.SHA256})
	}
	p.table(rows)
}

func shareRow(s report.Shares, note string) []string {
	byNormAndPairs := fmt.Sprintf("(%s, %s)", percentage(s.ByNorm), percentage(s.ByPairs))
	return []string{
		brief(s.Size) + note, percentage(s.Certified), byNormAndPairs,
		percentage(s.Flipped), percentage(s.Undecided),
	}
}

func (p auditPrinter) sensitivity(r *report.Report) {
	s := r.Sensitivity
	p.line("\nMost sensitive samples (Jacobian norm: median %s, largest %s)",
		brief(s.Median), brief(s.Largest))
	head := []string{"row", "norm", fmt.Sprintf("bound within %s", brief(s.Samples[0].Ball))}
	if r.Decisions != nil {
		head = append(head, "class", "label", "certain up to", "flips at")
	}

	rows := [][]string{append(head, "worst direction")}
	for _, one := range s.Samples {
		row := []string{strconv.Itoa(one.Row), brief(one.Norm), brief(one.Local)}
		if d := one.Decision; d != nil {
			row = append(row, decisionCells(r.Data, d)...)
		}

		rows = append(rows, append(row, directionOf(one.Direction)))
	}

	p.table(rows)
	p.line("\nMost sensitive features")
	const shown = 8
	rows = [][]string{{"feature", "share", "largest derivative", "rms", "±"}}
	for _, f := range s.Features[:min(shown, len(s.Features))] {
		row := []string{f.Feature, percentage(f.Share), brief(f.Largest), brief(f.RMS), "–"}
		if f.Tolerance != nil {
			row[4] = brief(*f.Tolerance)
		}

		rows = append(rows, row)
	}

	p.table(rows)
}

// decisionCells returns the cells of a decision: class, label, certified size, and the size of the
// flip found.
func decisionCells(data report.Data, d *report.Decision) []string {
	label, flip := "–", formatSize(d.Flip)
	if d.Label != nil {
		label = data.ClassName(*d.Label)
	}
	if d.FlipTo != nil {
		flip += " to " + data.ClassName(*d.FlipTo)
	}
	return []string{data.ClassName(d.Class), label, formatSize(d.Safe), flip}
}

// directionOf formats the largest components of a direction.
func directionOf(direction []report.Component) string {
	const shown = 3
	var parts []string
	for _, c := range direction[:min(shown, len(direction))] {
		if c.Value == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %+.2g", c.Feature, float64(c.Value)))
	}

	if parts == nil {
		// The outputs do not react, or the Jacobian overflows float64.
		return "–"
	}
	return strings.Join(parts, ", ")
}

// brief formats a number to three digits.
func brief(v series.Float) string {
	f := float64(v)
	switch {
	case math.IsNaN(f):
		return "–"
	case math.IsInf(f, 1):
		return "> 1.8e308" // the range of float64
	}
	return report.ShortNumber(f)
}

// formatSize formats the size of a perturbation, or a dash if there is none.
func formatSize(v series.Float) string {
	if math.IsInf(float64(v), 0) {
		return "–"
	}
	return brief(v)
}

func percentage(v series.Float) string {
	return fmt.Sprintf("%.1f %%", report.RoundedPercent(float64(v)))
}

// briefOr formats a number like brief, or a dash for nil.
func briefOr(v *series.Float) string {
	if v == nil {
		return "–"
	}
	return brief(*v)
}
