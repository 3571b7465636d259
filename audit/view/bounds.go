package view

import (
	"math"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// boundCosts draws the value of each bound of an audit over the time that it took.
func boundCosts(r *report.Report) (*figure.Figure, string) {
	s := r.Lipschitz
	p := figure.LogLog("seconds", figure.BoundAxis)
	for _, m := range s.Methods {
		if m.Value == nil || m.Seconds == nil || !(*m.Value > 0) || math.IsInf(float64(*m.Value), 1) {
			continue
		}

		const shortest = 1e-6 // the resolution of a clock
		look := figure.NthStyle(len(p.Series), series.Certified)
		p.AddSeries(figure.Series{
			Name:  strings.ReplaceAll(m.Name, "_", " "),
			Shape: figure.Dots,
			Style: figure.Style{Color: look.Color, Marker: look.Marker},
			Rows:  []figure.Row{{max(float64(*m.Seconds), shortest), float64(*m.Value)}},
		})
	}

	if len(p.Series) == 0 {
		return nil, "has no bound that is a positive number"
	}

	if s.Lower > 0 {
		p.AddHorizontal("lower bound", float64(s.Lower))
	}

	return p.Explain(
		"Each bound on the Lipschitz constant over the time it took on this machine. Lower is " +
			"tighter, further left is cheaper; nothing lies below the lower bound.",
	)
}
