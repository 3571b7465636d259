package terminal

import (
	"math"
	"sort"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// Characters for the values of a curve, from the smallest to the largest.
var (
	blocks = []rune("▁▂▃▄▅▆▇█")
	marks  = []rune("_.-=+*%#")
)

// sparkline draws a curve in width characters over the logarithm of the epoch, starting at epoch 1.
// Each character shows the last value measured up to its epoch, or a space if there is none or it
// is NaN or infinite.
func sparkline(c *series.Curve, width int, unicode bool) string {
	levels := marks
	if unicode {
		levels = blocks
	}

	if c == nil || len(c.Values) == 0 {
		return ""
	}

	up := figure.SmallScale(c.Values)
	last := math.Log(float64(max(1, c.Epochs[len(c.Epochs)-1])))
	var b strings.Builder
	for i := range width {
		epoch := math.Exp(last * float64(i) / float64(width-1))
		at := sort.SearchInts(c.Epochs, int(epoch+1e-9)+1) - 1
		if at < 0 || math.IsNaN(c.Values[at]) || math.IsInf(c.Values[at], 0) {
			b.WriteByte(' ')
			continue
		}

		b.WriteRune(levels[min(len(levels)-1, int(up(c.Values[at])*float64(len(levels))))])
	}

	return b.String()
}
