package plots

import (
	"math"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
)

// boundCosts draws what each bound of an audit came to and how long it took.
func boundCosts(r *report.Report) (*Figure, string) {
	s := r.Lipschitz
	p := newPlot(Axis{Name: "seconds", Log: true}, Axis{Name: boundAxis, Log: true})
	for _, m := range s.Methods {
		if m.Value == nil || m.Seconds == nil || !(*m.Value > 0) || math.IsInf(float64(*m.Value), 1) {
			continue
		}

		const shortest = 1e-6 // what a clock tells apart
		k := len(p.Series)
		style := Style{Color: cycle[k%len(cycle)], Marker: markers[k%len(markers)]}
		p.Series = append(p.Series, Series{
			Name: strings.ReplaceAll(m.Name, "_", " "), Shape: Dots, Style: style,
			Rows:    []Row{{max(float64(*m.Seconds), shortest), float64(*m.Value)}},
			Columns: []string{"seconds", boundAxis},
		})
	}

	if len(p.Series) == 0 {
		return nil, "has no bound that is a positive number"
	}

	if s.Lower > 0 {
		p.horizontals("lower bound", []Mark{{"lower bound", float64(s.Lower)}})
	}

	return p.read(
		"Each bound on the Lipschitz constant over how long it took on this machine. Lower is tighter, further left is cheaper; nothing lies " +
			"below the lower bound.",
	)
}
