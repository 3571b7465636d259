// Package view writes the page of the paper's claims: grouped as in the paper, each with its
// verdict, the paper's value and ours, the rule, and a figure drawn from the runs.
package view

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/plots/picture"
	"github.com/liptrack/liptrack/tracker/series"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Page is what a page shows.
type Page struct {
	Report claims.Report
	// Evidence is what the figures are drawn from.
	Evidence map[claims.Budget]claims.Evidence
	// Link returns the address of the report on an experiment's runs, empty for none.
	Link func(budget claims.Budget, experiment string) string
}

// claim is a claim as the template shows it.
type claim struct {
	claims.Row
	// Class tells verdicts apart without a blank.
	Class string
	// Picture is an SVG, empty for none; Caption says what it shows or why there is none.
	Picture template.HTML
	Caption string
	Links   []link
}

type link struct{ Name, Address string }

// group is the claims of a part of the paper.
type group struct {
	Name   string
	Claims []claim
}

// tally is a verdict and how many claims have it.
type tally struct {
	Verdict claims.Verdict
	Class   string
	Count   int
}

// Write writes the page: one file that asks no other host for anything.
func (p Page) Write(w io.Writer) error {
	var groups []group
	// The rows are in the order of the claims' file; the page wants those of a group together, in
	// the order of the groups.
	for _, name := range p.Report.Groups() {
		g := group{Name: name}
		for _, row := range p.Report.Claims {
			if row.Group == name {
				g.Claims = append(g.Claims, p.claim(row))
			}
		}

		groups = append(groups, g)
	}

	var tallies []tally
	for _, v := range claims.Verdicts {
		tallies = append(tallies, tally{v, class(v), p.Report.Count(v)})
	}

	return pageTemplate.Execute(w, map[string]any{
		"Summary": p.Report.Summary(), "Origin": p.Report.Origin(), "How": claims.How, "Groups": groups,
		"Tallies": tallies,
	})
}

// class returns a verdict as the name of a class.
func class(v claims.Verdict) string {
	return strings.ReplaceAll(string(v), " ", "-")
}

func (p Page) claim(row claims.Row) claim {
	c := claim{Row: row, Class: class(row.Verdict)}
	c.Picture, c.Caption = p.picture(row)
	for _, name := range row.Experiments {
		address := p.Link(row.Budget, name)
		if address != "" {
			c.Links = append(c.Links, link{name, address})
		}
	}
	return c
}

// picture draws a claim's figure from the runs that it was judged by.
func (p Page) picture(row claims.Row) (picture template.HTML, caption string) {
	experiment := row.Experiments[len(row.Experiments)-1]
	var tables []*series.Table
	for _, r := range p.Evidence[row.Budget][experiment].Runs {
		tables = append(tables, r.Table)
	}

	if len(tables) == 0 {
		return "", "No runs to draw."
	}

	sweep := free.Sweep{
		Metric: row.Figure.Metric,
		Epoch:  free.Final,
		Key:    cmp.Or(row.Figure.Over, "epoch"),
		Form:   free.Curves,
	}
	panels, err := free.Figures(tables, sweep)

	// Runs that do not differ in the key cannot be drawn over it; their curves over epochs always
	// can.
	if err != nil && sweep.Key != "epoch" {
		sweep.Key = "epoch"
		panels, err = free.Figures(tables, sweep)
	}

	if err != nil {
		return "", "Not drawn: " + err.Error() + "."
	}

	svg, err := drawn(panels)
	if err != nil {
		return "", "Not drawn: " + err.Error() + "."
	}

	return svg, fmt.Sprintf(
		"%s over %s, experiment %s, budget %s.",
		row.Figure.Metric,
		sweep.Key,
		experiment,
		row.Budget,
	)
}

// drawn returns panels as an SVG to stand in a page.
func drawn(panels []*figure.Figure) (template.HTML, error) {
	// The drawing library only writes files and picks the format by the ending.
	folder, err := os.MkdirTemp("", "liptrack-claims-")
	if err != nil {
		return "", err
	}

	defer os.RemoveAll(folder)

	path := filepath.Join(folder, "figure.svg")
	if err := picture.Write(path, picture.Options{Width: 12, Height: 7.5, FontSize: 9}, panels...); err != nil {
		return "", err
	}

	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}

	// An XML declaration and a DOCTYPE may stand in a file, but not in the middle of an HTML page.
	_, svg, found := strings.Cut(string(text), "<svg")
	if !found {
		return "", fmt.Errorf("%s holds no picture", path)
	}

	return template.HTML("<svg" + svg), nil
}
