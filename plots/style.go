package plots

import (
	"fmt"

	"liptrack/tracker/series"
)

// A style is how a curve looks. The quantity decides the colour and the marker, its kind
// decides the dashes, so that no meaning is by colour alone.
type style struct {
	color  string // a name of the palette in assets/page.css, or ramp(…)
	marker string // an echarts symbol, drawn at a few places along the line
	dash   string // solid, dashed or dotted
	width  float32
	hidden bool // off until switched on in the legend
	quiet  bool // not in tooltips, without markers and without a label at its end
	// id and run tell, on the page of a set, which run the curve belongs to.
	id, run string
}

// The palette is that of Okabe and Ito (2008), which people with any common colour blindness
// can tell apart, in a shade for each theme. Their yellow is left out: it is too faint on white.
const (
	blue      = "blue"
	vermilion = "vermilion"
	green     = "green"
	orange    = "orange"
	purple    = "purple"
	sky       = "sky"
	gray      = "gray"
	ink       = "ink" // of the text
)

var (
	cycle   = []string{blue, vermilion, green, orange, purple, sky, gray}
	markers = []string{"circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"}
)

const (
	solid  = "solid"
	dashed = "dashed"
	dotted = "dotted"
)

// dashOf draws what is proved in solid lines, exact statistics dashed, estimates dotted.
func dashOf(k series.Kind) string {
	switch k {
	case series.Lower, series.Certified:
		return solid
	case series.Estimate:
		return dotted
	}
	return dashed
}

// nthStyle returns the style of the n-th of several curves of equal standing. The colours
// repeat after seven, the markers after eight, so that their pairs do after fifty-six.
func nthStyle(n int, k series.Kind) style {
	dash := solid
	if k == series.Estimate {
		dash = dotted
	}
	return style{color: cycle[n%len(cycle)], marker: markers[n%len(markers)], dash: dash, width: 2}
}

// ramp is the colour at a position in [0, 1] of the ordered scale, from dark to light on a
// light page.
func ramp(position float64) string { return fmt.Sprintf("ramp %.3f", position) }

// rampStyle returns the style of the i-th of n curves in an order (layers, widths).
func rampStyle(i, n int) style {
	position := 0.0
	if n > 1 {
		position = float64(i) / float64(n-1)
	}
	return style{color: ramp(position), marker: markers[i%len(markers)], dash: solid, width: 2}
}
