package plots

import "io"

// ClaimRow is a claim of the paper as a page shows it.
type ClaimRow struct {
	Number                                                    int
	Statement, Setting, Paper, Ours, Verdict, Why, Rule, Link string
}

// verdictMarks tell verdicts apart without colour; their classes are those of an audit's results.
var verdictMarks = map[string]cell{
	"agrees":    {Text: "✓ agrees", Class: "pass"},
	"disagrees": {Text: "✗ disagrees", Class: "fail"},
	"undecided": {Text: "? undecided", Class: "attention"},
}

// Reproduction writes the page of claims and what was found of them; Link leads from a claim to the
// report of the runs, empty for none.
func Reproduction(w io.Writer, summary []string, claims []ClaimRow) error {
	verdicts := table{
		ID: "claims", Title: "Claims", Size: full, Browse: true,
		Head: []string{"#", "Verdict", "Claim", "Setting", "Paper", "Ours", "Why", "Rule", "Runs"},
	}
	for _, c := range claims {
		link := text("–")
		if c.Link != "" {
			link = cell{Text: "report", Link: c.Link}
		}
		verdicts.Rows = append(verdicts.Rows, []cell{
			count(c.Number), verdictMarks[c.Verdict], text(c.Statement), text(c.Setting), text(c.Paper), text(c.Ours), text(c.Why), text(c.Rule), link,
		})
	}
	page := Page{Kind: "reproduction", Title: "The paper's claims, judged", Summary: summary, Lead: []table{verdicts}}
	return page.Write(w)
}
