package plots

import "github.com/liptrack/liptrack/tracker/series"

// A Style is how a series looks. The quantity decides the colour and the marker, its kind
// decides the dashes, so that no meaning is by colour alone.
type Style struct {
	Color  string // a name that [Color] knows
	Marker string // an echarts symbol, at a few places along a line; "" for none
	Dash   string // solid, dashed or dotted
	Width  float32
	Hidden bool // off until switched on in the legend
	Quiet  bool // not in tooltips, without markers and without a label at its end
	// ID and Run tell, on the page of a set, which run a line belongs to.
	ID, Run string
}

var (
	cycle   = []string{blue, vermilion, green, orange, purple, sky, gray}
	markers = []string{
		"circle",
		"rect",
		"triangle",
		"diamond",
		"emptyCircle",
		"emptyRect",
		"emptyTriangle",
		"emptyDiamond",
	}
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
func nthStyle(n int, k series.Kind) Style {
	dash := solid
	if k == series.Estimate {
		dash = dotted
	}
	return Style{Color: cycle[n%len(cycle)], Marker: markers[n%len(markers)], Dash: dash, Width: 2}
}

// rampStyle returns the style of the i-th of n curves in an order (layers, widths).
func rampStyle(i, n int) Style {
	position := 0.0
	if n > 1 {
		position = float64(i) / float64(n-1)
	}
	return Style{Color: ramp(position), Marker: markers[i%len(markers)], Dash: solid, Width: 2}
}
