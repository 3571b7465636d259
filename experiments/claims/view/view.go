// Package view writes the page of the paper's claims, grouped as in the paper. Each claim has its
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

// Page holds the contents of a page.
type Page struct {
	Report claims.Report
	// Evidence is the source of the figures.
	Evidence map[claims.Budget]claims.Evidence
	// Link returns the address of the report on an experiment's runs; empty if there is none.
	Link func(budget claims.Budget, experiment string) string
}

// claim is a claim in the form that the template needs.
type claim struct {
	claims.Row
	// Class is the verdict as a CSS class, without spaces.
	Class string
	// Picture is an SVG, empty if there is none; Caption describes it or says why it is missing.
	Picture template.HTML
	Caption string
	Links   []link
}

type link struct{ Name, Address string }

// group holds the claims from one section of the paper.
type group struct {
	Name   string
	Claims []claim
}

// tally is a verdict and the number of claims with it.
type tally struct {
	Verdict claims.Verdict
	Class   string
	Count   int
}

// Write writes the page as one file that makes no requests to any host.
func (p Page) Write(w io.Writer) error {
	var groups []group
	// The rows follow claims.yaml; the page shows the claims of a group together, in the order of
	// the groups.
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

// class returns the CSS class of a verdict.
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

// picture draws a claim's figure from the runs by which it was judged.
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

	// A metric cannot be drawn over a key in which the runs do not differ, but always over the
	// epochs.
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

// drawn returns panels as an SVG for a page.
func drawn(panels []*figure.Figure) (template.HTML, error) {
	// The drawing library only writes files and picks the format by the file's extension.
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

	// An XML declaration and a DOCTYPE are allowed in a file, but not in the middle of an HTML
	// page.
	_, svg, found := strings.Cut(string(text), "<svg")
	if !found {
		return "", fmt.Errorf("%s holds no picture", path)
	}

	return template.HTML("<svg" + svg), nil
}
