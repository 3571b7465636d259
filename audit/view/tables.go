package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
)

// auditTables returns the tables in the order of the page, without empty ones.
func auditTables(r *report.Report) []figure.Table {
	tables := []figure.Table{
		layerTable(r),
		methodTable(r),
		localTable(r.Local),
		changeTable(r.Change),
		flipTable(r),
		sampleTable(r),
		featureTable(r),
		noteTable(r.Model.Notes),
		originTable(r.Origin),
	}
	return slices.DeleteFunc(tables, func(t figure.Table) bool {
		return t.Rows == nil
	})
}

func noteTable(notes []string) figure.Table {
	tab := figure.NewTable("notes", "Notes on the model file", "What was assumed")
	for _, n := range notes {
		tab.AddRow(n)
	}
	return tab
}

// originTable lists when and from what the report was made.
func originTable(o *report.Origin) figure.Table {
	tab := figure.NewTable("origin", "How this report was made", "What", "Value")
	if o == nil {
		return tab
	}

	tab.AddRow("date", o.Date)
	tab.AddRow("liptrack", o.Version)
	tab.AddRow("command", o.Command)
	tab.AddRow("seed", fmt.Sprint(o.Seed)) // as text: a seed is no count
	for _, f := range o.Files {
		tab.AddRow(f.Role+" "+f.Path, "SHA-256 "+f.SHA256)
	}

	return tab
}

// flipTable returns the counts of flips from class to class, without rows if there are no flips.
func flipTable(r *report.Report) figure.Table {
	tab := figure.NewTable("flips", "Which class flips to which", "Class given")
	tab.Note = "Samples for which an error was found that changes the decision, by the network's class " +
		"(row) and its class under the error (column)."
	if r.Decisions == nil {
		return tab
	}

	total := 0
	for class, counts := range r.Decisions.Flips {
		name := r.Data.ClassName(class)
		tab.Head = append(tab.Head, "to "+name)
		row := []any{name}
		for _, n := range counts {
			row = append(row, n)
			total += n
		}

		tab.AddRow(row...)
	}

	if total == 0 {
		tab.Rows = nil
	}

	return tab
}

// checkTable returns the checklist.
func checkTable(r *report.Report) figure.Table {
	tab := figure.NewTable("checks", "Checklist",
		"Result", "What was measured", "What it means", "What to do", "Check", "Value", "Limits")
	for _, c := range r.Checks {
		tab.AddRow(
			figure.Cell{
				Text:  statusMarks[c.Status] + " " + string(c.Status),
				Class: string(c.Status),
			},
			c.Measured, c.Meaning, c.Action,
			c.Name, numberOr(c.Value, "unbounded"), c.Limits(),
		)
	}
	return tab
}

// statusMarks distinguish results without colour.
var statusMarks = map[report.Status]string{
	report.Pass:      "✓",
	report.Attention: "!",
	report.Fail:      "✗",
}

func layerTable(r *report.Report) figure.Table {
	tab := figure.NewTable("layers", "Layers",
		"Layer", "Weight", "Size", "Activation", "Norm", "Share", "Stable rank",
		"Up to here, found", "certified", "Factor", "Units that no sample switches on")
	tab.Note = "Norm: largest singular value of the weight. Share: share in the logarithm of the " +
		"product of norms; negative for a layer that contracts. Up to here: the largest " +
		"amplification from the input, found at the most sensitive samples and certified; the " +
		"dark part of a bar is found, the light part certified. Factor: what the layer adds there."

	for _, l := range r.Layers {
		tab.AddRow(
			l.Layer, l.Name, fmt.Sprintf("%d × %d", l.Outputs, l.Inputs),
			l.Activation, amountCell(l.Norm), valueCell(l.Share), valueOr(l.StableRank, valueCell),
			valueOr(l.Reached, amountCell), amountCell(l.Certified).WithBar(numberOf(l.Reached), float64(l.Certified)),
			valueOr(l.Gain, factorOf), valueOr(l.Dead, shareCell),
		)
	}

	tab.ScaleBars(8)
	return tab
}

func methodTable(r *report.Report) figure.Table {
	s := r.Lipschitz
	tab := figure.NewTable("methods", "Bounds on the Lipschitz constant",
		"Bound", "Value", "Over the lower bound", "Took", "Memory", "How")
	tab.Note = "In the 2-norm, from the model's inputs to its outputs. The constant is at least " +
		"the lower bound, which was found by evaluation, and at most each certified bound."

	lower := float64(s.Lower)
	if s.LowerReason != "" {
		none := figure.None
		tab.AddRow("lower bound", none, none, none, none, s.LowerReason)
	} else {
		tab.AddRow(
			"lower bound", valueCell(s.Lower), figure.Factor(1), figure.None, figure.None,
			"climbing from the samples, on which it is "+figure.FormatNumber(float64(s.OnData)),
		)
	}

	tab.Rows[0][1] = tab.Rows[0][1].WithBar(lower, lower)
	for _, m := range s.Methods {
		name := strings.ReplaceAll(m.Name, "_", " ")
		if m.Value == nil {
			reason := m.About + ". Not computed: " + m.Reason
			tab.AddRow(name, figure.None, figure.None, figure.None, figure.None, reason)
			continue
		}

		tab.AddRow(
			name, valueCell(*m.Value).WithBar(lower, float64(*m.Value)), figure.Factor(float64(*m.Value/s.Lower)),
			m.Took(), m.Memory(), m.How(m.Name == s.UpperBy),
		)
	}

	tab.ScaleBars(1)
	return tab
}

func changeTable(c *report.Change) figure.Table {
	tab := figure.NewTable("change", "Change of the outputs by errors within the tolerance",
		"Output", "Seen", "Possible at the samples", "Possible anywhere",
		"Spread", "Seen / spread", "Possible / spread")
	if c == nil {
		return tab
	}

	tab.Note = "Seen: the largest change found at any sample. Possible: proved upper bounds on the " +
		"change, at the samples and for any input. Spread: root mean square distance of " +
		"the samples' outputs from their mean."

	// The first row is for all outputs together.
	all := report.OutputChange{
		Name:     "all, 2-norm",
		Seen:     c.Seen,
		Possible: c.Possible,
		Anywhere: c.Anywhere,
		Spread:   c.Spread,
	}
	for _, o := range append([]report.OutputChange{all}, c.Outputs...) {
		tab.AddRow(
			cmp.Or(o.Name, fmt.Sprint(o.Output)),
			amountCell(o.Seen),
			amountCell(o.Possible).WithBar(float64(o.Seen), float64(o.Possible)),
			amountCell(o.Anywhere),
			amountCell(o.Spread),
			overSpread(o.Seen, o.Spread),
			overSpread(o.Possible, o.Spread),
		)
	}

	tab.ScaleBars(2)
	return tab
}

func sampleTable(r *report.Report) figure.Table {
	samples := r.Sensitivity.Samples
	tab := figure.NewTable("samples", "Most sensitive samples", "Row", "‖J‖", "Local bound")
	tab.Note = fmt.Sprintf(
		"Local bound: certified bound on the Lipschitz constant within %s of the sample. Worst direction: "+
			"the change of the features to which the outputs react most, its largest "+
			"components, in the data's units.",
		figure.FormatNumber(float64(samples[0].Ball)),
	)
	if r.Decisions != nil {
		tab.Head = append(tab.Head, "Class", "Label", "Certain up to", "Flips at", "to class")
	}

	tab.Head = append(tab.Head, "Worst direction")
	for _, s := range samples {
		row := []any{s.Row, amountCell(s.Norm), amountCell(s.Local)}
		if d := s.Decision; d != nil {
			row = append(
				row,
				class(r.Data, &d.Class),
				class(r.Data, d.Label),
				valueCell(d.Safe),
				valueCell(d.Flip),
				class(r.Data, d.FlipTo),
			)
		}

		tab.AddRow(append(row, directionText(s.Direction))...)
	}

	return tab
}

func featureTable(r *report.Report) figure.Table {
	tab := figure.NewTable(
		"features",
		"Sensitivity to each feature",
		"Feature",
		"Share",
		"Largest",
		"Rms",
		"±",
	)
	tab.Browse = true
	tab.Note = "Largest and rms: norm of the derivatives of all outputs by the feature, in the " +
		"data's units, over the samples. Share: share in the sum of squares over all features, " +
		"each weighted by its tolerance or, without one, in the model's units."

	for _, f := range r.Sensitivity.Features {
		part := float64(f.Share)
		tab.AddRow(
			f.Feature, shareCell(f.Share).WithBar(part, part), amountCell(f.Largest), amountCell(f.RMS),
			valueOr(f.Tolerance, valueCell),
		)
	}

	tab.ScaleBars(1)
	return tab
}
