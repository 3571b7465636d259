package view

import (
	"fmt"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
)

func auditTables(r *report.Report) []figure.Table {
	tables := []figure.Table{layerTable(r), methodTable(r)}
	if r.Local != nil {
		tables = append(tables, localTable(r.Local))
	}

	if r.Change != nil {
		tables = append(tables, changeTable(r.Change))
	}

	if flips := flipTable(r); flips.Rows != nil {
		tables = append(tables, flips)
	}

	tables = append(tables, sampleTable(r), featureTable(r))
	if len(r.Model.Notes) > 0 {
		notes := figure.Table{
			ID:    "notes",
			Title: "Notes on the model file",
			Size:  figure.Full,
			Head:  []string{"What was assumed"},
		}
		for _, n := range r.Model.Notes {
			notes.Rows = append(notes.Rows, []figure.Cell{figure.Text(n)})
		}

		tables = append(tables, notes)
	}

	if r.Origin != nil {
		tables = append(tables, originTable(r.Origin))
	}

	return tables
}

// originTable says when and from what the report was made.
func originTable(o *report.Origin) figure.Table {
	tab := figure.Table{
		ID:    "origin",
		Title: "How this report was made",
		Size:  figure.Full,
		Head:  []string{"What", "Value"},
		Rows: [][]figure.Cell{
			{figure.Text("date"), figure.Text(o.Date)},
			{figure.Text("liptrack"), figure.Text(o.Version)},
			{figure.Text("command"), figure.Text(o.Command)},
			{figure.Text("seed"), figure.Text(fmt.Sprint(o.Seed))},
		},
	}

	for _, f := range o.Files {
		tab.Rows = append(
			tab.Rows,
			[]figure.Cell{figure.Text(f.Role + " " + f.Path), figure.Text("SHA-256 " + f.SHA256)},
		)
	}

	return tab
}

// flipTable returns the matrix of which class flips to which, without rows if none does.
func flipTable(r *report.Report) figure.Table {
	tab := figure.Table{
		ID:    "flips",
		Title: "Which class flips to which",
		Size:  figure.Full,
		Head:  []string{"Class given"},
		Note: "Samples for which an error was found that changes the decision, by the class that " +
			"the network gives (row) and the one that it then gives (column).",
	}

	if r.Decisions == nil {
		return tab
	}

	total := 0
	var rows [][]figure.Cell
	for class, counts := range r.Decisions.Flips {
		tab.Head = append(tab.Head, "to "+r.Data.ClassName(class))
		row := []figure.Cell{figure.Text(r.Data.ClassName(class))}
		for _, n := range counts {
			row = append(row, figure.Count(n))
			total += n
		}

		rows = append(rows, row)
	}

	if total > 0 {
		tab.Rows = rows
	}

	return tab
}

// checkTable returns the checklist.
func checkTable(r *report.Report) figure.Table {
	tab := figure.Table{
		ID:    "checks",
		Title: "Checklist",
		Size:  figure.Full,
		Head:  []string{"Result", "What was measured", "What it means", "What to do", "Check", "Value", "Limits"},
	}
	for _, c := range r.Checks {
		tab.Rows = append(tab.Rows, []figure.Cell{
			{Text: statusMarks[c.Status] + " " + string(c.Status), Class: string(c.Status)},
			figure.Text(c.Measured), figure.Text(c.Meaning), figure.Text(c.Action),
			figure.Text(c.Name), checkValue(c.Value), figure.Text(c.Limits()),
		})
	}
	return tab
}

// statusMarks tell results apart without colour.
var statusMarks = map[report.Status]string{report.Pass: "✓", report.Attention: "!", report.Fail: "✗"}

func layerTable(r *report.Report) figure.Table {
	tab := figure.Table{
		ID:    "layers",
		Title: "Layers",
		Size:  figure.Full,
		Note: "Norm: largest singular value of the weight. Share: of the logarithm of the " +
			"product of norms; negative for a layer that contracts. Up to here: the largest " +
			"amplification from the input at the most sensitive samples, and certified; of a " +
			"bar the dark part is found, the light one certified. Factor: what the layer " +
			"adds there.",
		Head: []string{
			"Layer",
			"Weight",
			"Size",
			"Activation",
			"Norm",
			"Share",
			"Stable rank",
			"Up to here, found",
			"certified",
			"Factor",
			"Units that no sample switches on",
		},
	}

	var found, proved []float64
	for _, l := range r.Layers {
		reached := 0.0
		if l.Reached != nil {
			reached = float64(*l.Reached)
		}

		found = append(found, reached)
		proved = append(proved, float64(l.Certified))
		dead := figure.None
		if l.Dead != nil {
			dead = share(*l.Dead)
		}

		tab.Rows = append(tab.Rows, []figure.Cell{
			figure.Count(l.Layer), figure.Text(l.Name), figure.Text(fmt.Sprintf("%d × %d", l.Outputs, l.Inputs)),
			figure.Text(l.Activation), amount(l.Norm), value(l.Share), valueOr(l.StableRank, value),
			valueOr(l.Reached, amount), amount(l.Certified), valueOr(l.Gain, factorOf), dead,
		})
	}

	tab.AddBars(8, found, proved)
	return tab
}

func methodTable(r *report.Report) figure.Table {
	s := r.Lipschitz
	tab := figure.Table{
		ID:    "methods",
		Title: "Bounds on the Lipschitz constant",
		Size:  figure.Full,
		Note: "In the 2-norm, from the model's inputs to its outputs. The constant is at least " +
			"the lower bound, which was found by evaluation, and at most every certified " +
			"one.",
		Head: []string{"Bound", "Value", "Over the lower bound", "Took", "Memory", "How"},
		Rows: [][]figure.Cell{
			{
				figure.Text("lower bound"),
				value(s.Lower),
				figure.Factor(1),
				figure.None,
				figure.None,
				figure.Text("climbing from the samples, on which it is " + figure.FormatNumber(float64(s.OnData))),
			},
		},
	}

	if s.LowerReason != "" {
		tab.Rows[0] = []figure.Cell{figure.Text("lower bound"), figure.None, figure.None, figure.Text(s.LowerReason)}
	}

	found, proved := []float64{float64(s.Lower)}, []float64{float64(s.Lower)}
	for _, m := range s.Methods {
		bound := 0.0
		if m.Value != nil {
			bound = float64(*m.Value)
		}

		found = append(found, float64(s.Lower))
		proved = append(proved, bound)
		row := []figure.Cell{
			figure.Text(strings.ReplaceAll(m.Name, "_", " ")),
			figure.None,
			figure.None,
			figure.None,
			figure.None,
			figure.Text(m.About + ". Not computed: " + m.Reason),
		}

		if m.Value != nil {
			row = []figure.Cell{
				row[0],
				value(*m.Value),
				figure.Factor(float64(*m.Value / s.Lower)),
				figure.Text(m.Took()),
				figure.Text(m.Memory()),
				figure.Text(m.How(m.Name == s.UpperBy)),
			}
		}

		tab.Rows = append(tab.Rows, row)
	}

	tab.AddBars(1, found, proved)
	return tab
}

func changeTable(c *report.Change) figure.Table {
	tab := figure.Table{
		ID:    "change",
		Title: "Change of the outputs by errors within the tolerance",
		Size:  figure.Full,
		Note: "Seen: the largest that was found at any sample. Possible: proved to be the " +
			"largest, at the samples and for any input. Spread: root mean square distance of " +
			"the samples' outputs from their mean.",
		Head: []string{
			"Output",
			"Seen",
			"Possible at the samples",
			"Possible anywhere",
			"Spread",
			"Seen / spread",
			"Possible / spread",
		},
	}

	var found, proved []float64
	add := func(name string, o report.OutputChange) {
		found = append(found, float64(o.Seen))
		proved = append(proved, float64(o.Possible))
		tab.Rows = append(tab.Rows, []figure.Cell{
			figure.Text(name),
			amount(o.Seen),
			amount(o.Possible),
			amount(o.Anywhere),
			amount(o.Spread),
			overSpread(o.Seen, o.Spread),
			overSpread(o.Possible, o.Spread),
		})
	}

	add(
		"all, 2-norm",
		report.OutputChange{
			Seen:     c.Seen,
			Possible: c.Possible,
			Anywhere: c.Anywhere,
			Spread:   c.Spread,
		},
	)
	for _, o := range c.Outputs {
		name := o.Name
		if name == "" {
			name = fmt.Sprint(o.Output)
		}
		add(name, o)
	}

	tab.AddBars(2, found, proved)
	return tab
}

func sampleTable(r *report.Report) figure.Table {
	samples := r.Sensitivity.Samples
	tab := figure.Table{
		ID:    "samples",
		Title: "Most sensitive samples",
		Size:  figure.Full,
		Note: fmt.Sprintf(
			"Local bound: certified Lipschitz constant within %s of the sample. Worst direction: "+
				"the change of the features to which the outputs react most, its largest "+
				"components, in the data's units.",
			figure.FormatNumber(float64(samples[0].Ball)),
		),
		Head: []string{"Row", "‖J‖", "Local bound"},
	}

	if r.Decisions != nil {
		tab.Head = append(tab.Head, "Class", "Label", "Certain up to", "Flips at", "to class")
	}

	tab.Head = append(tab.Head, "Worst direction")
	for _, s := range samples {
		row := []figure.Cell{figure.Count(s.Row), amount(s.Norm), amount(s.Local)}
		if d := s.Decision; d != nil {
			row = append(
				row,
				class(r.Data, &d.Class),
				class(r.Data, d.Label),
				value(d.Safe),
				value(d.Flip),
				class(r.Data, d.FlipTo),
			)
		}

		tab.Rows = append(tab.Rows, append(row, figure.Text(directionText(s.Direction))))
	}

	return tab
}

func featureTable(r *report.Report) figure.Table {
	tab := figure.Table{
		ID:     "features",
		Title:  "Sensitivity to each feature",
		Size:   figure.Full,
		Browse: true,
		Note: "Largest and rms: norm of the derivatives of all outputs by the feature, in the " +
			"data's units, over the samples. Share: of the sum of squares over all features, " +
			"each weighted by its tolerance or else in the model's units.",
		Head: []string{"Feature", "Share", "Largest", "Rms", "±"},
	}

	var shares []float64
	for _, f := range r.Sensitivity.Features {
		shares = append(shares, float64(f.Share))
		tolerance := figure.None
		if f.Tolerance != nil {
			tolerance = value(*f.Tolerance)
		}

		tab.Rows = append(
			tab.Rows,
			[]figure.Cell{figure.Text(f.Feature), share(f.Share), amount(f.Largest), amount(f.RMS), tolerance},
		)
	}

	tab.AddBars(1, shares, shares)
	return tab
}
