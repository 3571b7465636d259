package plots

import "testing"

// TestRowsFillTheirTables checks that rows are complete: with a cell missing, later cells would be
// under the wrong headings.
func TestRowsFillTheirTables(t *testing.T) {
	for name, tables := range fixtures() {
		run, set := RunPage(tables[0]), SetPage(name, entries(tables))
		all := append(run.Tables, set.Tables...)
		for _, f := range append(run.Figures, set.Figures...) {
			if f.Table != nil {
				all = append(all, *f.Table)
			}
		}

		for _, tab := range all {
			for i, row := range tab.Rows {
				if len(row) != len(tab.Head) {
					t.Errorf("%s: row %d of table %s has %d cells, its head %d", name, i, tab.ID, len(row), len(tab.Head))
				}
			}
		}
	}
}
