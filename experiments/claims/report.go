package claims

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Report is claims and what was judged of them.
type Report struct {
	// Budget is "quick" or "full".
	Budget string `json:"budget"`
	Claims []Row  `json:"claims"`
}

// Row is a claim and its judgement.
type Row struct {
	Number      int      `json:"claim"`
	Statement   string   `json:"statement"`
	Setting     string   `json:"setting"`
	Paper       string   `json:"paper"`
	Rule        string   `json:"rule"`
	Experiments []string `json:"experiments"`
	Judgement
}

// NewReport judges claims.
func NewReport(budget string, all []Claim, e Evidence) Report {
	r := Report{Budget: budget}
	for _, c := range all {
		r.Claims = append(r.Claims, Row{c.Number, c.Statement, c.Setting, c.Paper, c.Rule, c.Experiments, c.Judge(e)})
	}
	return r
}

// Only is the report of the claims of these numbers.
func (r Report) Only(numbers []int) Report {
	r.Claims = slices.DeleteFunc(slices.Clone(r.Claims), func(c Row) bool { return !slices.Contains(numbers, c.Number) })
	return r
}

// Summary counts the verdicts.
func (r Report) Summary() string {
	n := map[Verdict]int{}
	for _, c := range r.Claims {
		n[c.Verdict]++
	}
	return fmt.Sprintf("Claims at budget %s, %d of them: %d agree, %d disagree, %d undecided", r.Budget, len(r.Claims), n[Agrees], n[Disagrees], n[Undecided])
}

// How says what the values and the rules are.
const How = "Each claim is judged by the rule beside it, which was fixed before the runs. Values are mean ± standard deviation over seeds. " +
	"A verdict is of the runs that were made; where their setting is not the paper's, the deviations are listed."

// WhyInFull is why the verdict is what it is, and how the runs deviate from the paper's setting.
func (r Row) WhyInFull() string {
	why := r.Why
	if len(r.Deviations) > 0 {
		why += ". Not the paper's setting: " + strings.Join(r.Deviations, "; ")
	}
	return why
}

// OursInFull is what was measured and in how many runs and seeds.
func (r Row) OursInFull() string {
	ours := r.Ours
	if ours == "" {
		ours = "–"
	}
	return fmt.Sprintf("%s (%s, %s)", ours, count(r.Runs, "run"), count(r.Seeds, "seed"))
}

// count is "1 run" or "2 runs".
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

// Markdown writes the report as a table of Markdown, and the rules below it.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Reproduction\n\n%s.\n\n%s\n\n", r.Summary(), How)
	b.WriteString("| # | claim | setting | paper | ours | verdict | why |\n|---|---|---|---|---|---|---|\n")
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "| %d |", c.Number)
		for _, text := range []string{c.Statement, c.Setting, c.Paper, c.OursInFull(), "**" + string(c.Verdict) + "**", c.WhyInFull()} {
			fmt.Fprintf(&b, " %s |", strings.NewReplacer("|", "\\|", "\n", " ").Replace(text))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Rules\n\n")
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "%d. %s (experiments: %s)\n", c.Number, c.Rule, strings.Join(c.Experiments, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Text writes the report for a terminal, lines of at most width columns.
func (r Report) Text(w io.Writer, width int) error {
	var b strings.Builder
	const margin = 12
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "%2d %-9s %s", c.Number, c.Verdict, wrap(c.Statement, width, margin+1))
		for _, field := range []struct{ name, text string }{
			{"setting", c.Setting}, {"paper", c.Paper}, {"ours", c.OursInFull()}, {"rule", c.Rule}, {"why", c.WhyInFull()},
		} {
			fmt.Fprintf(&b, "   %-9s %s", field.name, wrap(field.text, width, margin+1))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s.\n", r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks a text at spaces; lines after the first are indented.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
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
