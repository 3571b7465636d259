package view

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/audit/report"
)

// TestRowsFillTheirTables checks that every row has as many cells as the head, even if a bound was
// not found. The cells of a shorter row would be under the wrong headings.
func TestRowsFillTheirTables(t *testing.T) {
	unbounded := audited()
	unbounded.Lipschitz.Lower, unbounded.Lipschitz.LowerReason = 0, "the Jacobians are beyond float64"

	for name, r := range map[string]*report.Report{
		"regression":      audited(),
		"classification":  classified(),
		"no lower bound":  unbounded,
		"local constants": withLocal(audited()),
	} {
		p := auditPage(r)
		for _, tab := range slices.Concat(p.Lead, p.Tables) {
			for i, row := range tab.Rows {
				if len(row) != len(tab.Head) {
					t.Errorf("%s: row %d of table %s has %d cells, but its head has %d", name, i, tab.ID, len(row), len(tab.Head))
				}
			}
		}
	}
}

func withLocal(r *report.Report) *report.Report {
	r.Local = &report.Local{Constants: []report.LocalConstant{{Row: 7, Radius: 0.1, Lower: 1, Upper: 2}}}
	return r
}
