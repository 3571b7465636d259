package terminal

import (
	"math"
	"sort"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// Characters of a curve, from its smallest value to its largest.
var (
	blocks = []rune("▁▂▃▄▅▆▇█")
	marks  = []rune("_.-=+*%#")
)

// sparkline draws a curve in so many characters: over the logarithm of the epoch from 1 on, the
// last value measured up to each place. Where that value is NaN or infinite, or there is none yet,
// it has a space.
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
