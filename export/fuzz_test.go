package export

import "testing"

// FuzzChoice parses arbitrary --at, --metrics, --keys and --best-by of a summary. Each gives an
// error or lets a table be made.
func FuzzChoice(f *testing.F) {
	f.Add("last,best,100", "upper_*,spectral_norm[layer=?]", "model.*", "max:test_accuracy")
	f.Add("stop,,", "[", "[a", "max:")
	f.Add("-1,99999999999999999999", "a[b]c[", "all", "")

	f.Fuzz(func(t *testing.T, at, metrics, keys, best string) {
		selectors, err := ParseSelectors(at)
		if err != nil {
			return
		}
		patterns, err := ParsePatterns(metrics)
		if err != nil {
			return
		}
		chosen, err := ParseKeys(keys)
		if err != nil {
			return
		}

		runs := NewRuns(Options{Keys: chosen, Metrics: patterns, At: selectors, Best: ParseCriterion(best)})
		table, err := runs.Table()
		for _, row := range table.Rows {
			if err == nil && len(row) != len(table.Columns) {
				t.Errorf("a row has %d cells under %d columns", len(row), len(table.Columns))
			}
		}
	})
}
