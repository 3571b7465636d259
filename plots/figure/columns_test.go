package figure

import "testing"

func TestColumnsTileTheEpochs(t *testing.T) {
	for _, epochs := range [][]int{{0}, {0, 1}, {0, 1, 10, 100}, all(5000)} {
		cols := EpochColumns(epochs)
		seen := 0
		for i, c := range cols {
			seen += len(c.Epochs)
			if first, last := float64(c.Epochs[0]), float64(c.Epochs[len(c.Epochs)-1]); c.From >= first ||
				c.To <= last {
				t.Errorf("column %v to %v holds epochs %v to %v", c.From, c.To, first, last)
			}
			if i > 0 && cols[i-1].To != c.From {
				t.Errorf("a gap from %v to %v", cols[i-1].To, c.From)
			}
		}
		if seen != len(epochs) || len(cols) > Columns {
			t.Errorf("%d columns of %d of %d epochs", len(cols), seen, len(epochs))
		}
	}
}
