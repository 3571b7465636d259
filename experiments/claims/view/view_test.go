package view

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/tracker/series"
)

// depthRuns returns runs of depth at a budget, by which claims 17 and 18 are judged.
func depthRuns() claims.Evidence {
	var x claims.Experiment
	for i, hidden := range []string{"[64]", "[64, 64]", "[64, 64, 64]"} {
		for seed := range uint64(2) {
			t := series.NewTable(
				series.Header{Run: hidden, Seed: seed, Config: map[string]string{"model.hidden": hidden}},
			)
			for epoch := range 3 {
				t.Add(series.Point{Epoch: epoch, Sample: series.Sample{
					Metric: series.LowerBound, Kind: series.Lower, Value: series.Float(1 + i + epoch)}})
			}
			x.Runs = append(x.Runs, claims.Run{Table: t, State: "completed"})
		}
	}

	return claims.Evidence{"depth": x}
}

func TestPage(t *testing.T) {
	evidence := map[claims.Budget]claims.Evidence{claims.Quick: depthRuns(), claims.Full: {}}
	page := Page{
		Report:   claims.NewReport(claims.All, evidence),
		Evidence: evidence,
		Link: func(b claims.Budget, experiment string) string {
			if experiment == "depth" {
				return "depth-" + string(b) + "/report.html"
			}
			return ""
		},
	}

	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()

	if n := strings.Count(html, "<article "); n != len(claims.All) {
		t.Errorf("%d claims on the page, want %d", n, len(claims.All))
	}
	if n := strings.Count(html, "<svg"); n != 2 {
		t.Errorf("%d figures, want those of claims 17 and 18", n)
	}
	for _, want := range []string{"depth-quick/report.html", "Double descent</h2>", `value="not-run"`, "lower_bound over"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}

	if asked := regexp.MustCompile(`(src|href)="?(https?:)?//`).FindString(html); asked != "" ||
		strings.Contains(html, "@import") {
		t.Errorf("the page asks another host: %s", asked)
	}
	if strings.Contains(html, "overflow: auto") || strings.Contains(html, "overflow: scroll") {
		t.Error("something is hidden in a box that scrolls")
	}
	for _, c := range claims.All {
		if !strings.Contains(html, ">"+htmlText(c.Rule)+"<") {
			t.Errorf("the rule of claim %d is not on the page", c.Number)
		}
	}
}

// htmlText escapes the characters of the rules that are special in HTML.
func htmlText(text string) string {
	return strings.NewReplacer("'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "+", "&#43;").Replace(text)
}
