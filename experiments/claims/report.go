package claims

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Report holds claims and their judgements.
type Report struct {
	Claims []Row `json:"claims"`
}

// Row is a claim and its judgement.
type Row struct {
	Claim
	// Budget is the budget of the judged runs.
	Budget Budget `json:"budget"`
	// Kept means that the judged results ship with the program.
	Kept bool `json:"kept"`
	Judgement
}

// NewReport judges claims, each by the first budget that decides it.
func NewReport(all []Claim, evidence map[Budget]Evidence) Report {
	var r Report
	for _, c := range all {
		// If no budget decides, the quick runs are shown, unless only the full runs are undecided
		// rather than missing.
		best := c.row(Quick, evidence[Quick])
		for _, budget := range Budgets {
			row := c.row(budget, evidence[budget])
			if row.Verdict.decided() {
				best = row
				break
			}
			if best.Verdict == NotRun && row.Verdict == Undecided {
				best = row
			}
		}

		r.Claims = append(r.Claims, best)
	}

	return r
}

func (v Verdict) decided() bool {
	return v == Agrees || v == Disagrees
}

// row judges a claim by the evidence at a budget.
func (c Claim) row(budget Budget, e Evidence) Row {
	row := Row{Claim: c, Budget: budget, Judgement: c.Judge(e)}
	for _, name := range c.reads(e) {
		row.Kept = row.Kept || e[name].Kept
	}
	return row
}

// Only returns the report for the claims with the given numbers.
func (r Report) Only(numbers []int) Report {
	r.Claims = slices.DeleteFunc(
		slices.Clone(r.Claims),
		func(c Row) bool { return !slices.Contains(numbers, c.Number) },
	)
	return r
}

// Count returns the number of claims with a verdict.
func (r Report) Count(v Verdict) (n int) {
	for _, c := range r.Claims {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// Groups lists the groups of the claims, in order.
func (r Report) Groups() []string {
	var groups []string
	for _, c := range r.Claims {
		if !slices.Contains(groups, c.Group) {
			groups = append(groups, c.Group)
		}
	}
	return groups
}

// Summary counts the verdicts.
func (r Report) Summary() string {
	return fmt.Sprintf(
		"%s: %d agree, %d disagree, %d undecided, %d not run",
		count(len(r.Claims), "claim"),
		r.Count(Agrees),
		r.Count(Disagrees),
		r.Count(Undecided),
		r.Count(NotRun),
	)
}

// Origin describes which claims are judged by results that ship with the program; it is empty if
// there are none.
func (r Report) Origin() string {
	var numbers []int
	judged := 0
	for _, c := range r.Claims {
		if c.Runs == 0 {
			continue
		}

		judged++
		if c.Kept {
			numbers = append(numbers, c.Number)
		}
	}

	switch len(numbers) {
	case 0:
		return ""
	case judged:
		return "Judged by results that come with the program."
	default:
		return "Judged by results that come with the program: " + ranges(numbers) + "."
	}
}

// ranges formats ascending numbers, three or more consecutive ones as "4–7".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}

		// A range of two is not shorter.
		if end < i+2 {
			parts = append(parts, strconv.Itoa(numbers[i]))
			i++
			continue
		}

		parts = append(parts, fmt.Sprintf("%d–%d", numbers[i], numbers[end]))
		i = end + 1
	}

	return list(parts)
}

// How explains the values and the rules.
const How = "Each claim is judged by the rule given with it, which was fixed before the runs: one-sided " +
	"tests at level 5 %, " +
	"Student's t and Welch's, against a least effect that the rule names. Values are mean ± standard " +
	"deviation over seeds. " +
	"A claim is judged by runs in the paper's own setting (budget full) where they decide it, else by the " +
	"quick forms, " +
	"whose deviations from that setting are listed. Undecided: the runs do not tell. Not run: the rule " +
	"needs runs that were not made."

// WhyInFull returns the reasons for the verdict and the deviations of the runs from the paper's
// setting.
func (r Row) WhyInFull() string {
	why := r.Why
	if len(r.Deviations) > 0 {
		why += ". Not the paper's setting: " + strings.Join(r.Deviations, "; ")
	}
	return why
}

// OursInFull returns the measured values with the numbers of runs and seeds and the budget.
func (r Row) OursInFull() string {
	ours := r.Ours
	if ours == "" {
		ours = "–"
	}
	if r.Runs == 0 {
		return ours
	}

	return fmt.Sprintf(
		"%s (%s, %s, %s)",
		ours,
		count(r.Runs, "run"),
		count(r.Seeds, "seed"),
		r.Budget,
	)
}

// count returns "1 run" or "2 runs".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// JSON writes the report as JSON.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// Markdown writes the report: a table for each group, the reasons and the rules.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"# Reproduction\n\n<!-- Written by `liptrack reproduce`. -->\n\n%s. %s\n\n%s\n",
		r.Summary(),
		r.Origin(),
		How,
	)
	for _, group := range r.Groups() {
		fmt.Fprintf(
			&b,
			"\n## %s\n\n| # | claim | paper | ours | verdict |\n|---|---|---|---|---|\n",
			group,
		)
		for _, c := range r.Claims {
			if c.Group == group {
				fmt.Fprintf(
					&b,
					"| %d | %s | %s | %s | **%s** |\n",
					c.Number,
					inCell(c.Statement),
					inCell(c.Paper),
					inCell(c.OursInFull()),
					c.Verdict,
				)
			}
		}
	}

	b.WriteString("\n## Reasons\n\n")
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "%d. **%s**: %s.\n", c.Number, c.Verdict, c.WhyInFull())
	}

	b.WriteString("\n## Settings and rules\n\n")
	for _, c := range r.Claims {
		fmt.Fprintf(
			&b,
			"%d. *Setting:* %s. *Rule:* %s. *Experiments:* %s.\n",
			c.Number,
			c.Setting,
			c.Rule,
			strings.Join(c.Experiments, ", "),
		)
	}

	_, err := io.WriteString(w, b.String())

	return err
}

// inCell escapes a text for a table cell.
func inCell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}

// Text writes the report for a terminal, in lines of at most width columns.
func (r Report) Text(w io.Writer, width int) error {
	var b strings.Builder
	const margin = 12
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "%2d %-9s %s", c.Number, c.Verdict, wrap(c.Statement, width, margin+1))
		for _, field := range []struct{ name, text string }{
			{"setting", c.Setting},
			{"paper", c.Paper},
			{"ours", c.OursInFull()},
			{"rule", c.Rule},
			{"why", c.WhyInFull()},
		} {
			fmt.Fprintf(&b, "   %-9s %s", field.name, wrap(field.text, width, margin+1))
		}

		b.WriteString("\n")
	}

	fmt.Fprintf(&b, "%s.\n", r.Summary())
	if origin := r.Origin(); origin != "" {
		b.WriteString(wrap(origin, width, 0))
	}

	_, err := io.WriteString(w, b.String())

	return err
}

// wrap breaks a text at spaces and indents the lines after the first.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		// Symbols such as ± and × take several bytes but one column.
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteString(" ")
			column++
		}

		b.WriteString(word)
		column += n
	}

	return b.String() + "\n"
}
