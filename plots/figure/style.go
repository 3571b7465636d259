package figure

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
	cycle   = []string{Blue, Vermilion, Green, Orange, Purple, Sky, Gray}
	Markers = []string{
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
	Solid  = "solid"
	Dashed = "dashed"
	Dotted = "dotted"
)

// LinesUpTo is the largest number of curves of equal standing drawn as lines, such as layers; more
// are drawn as a heat map, or not at all.
const LinesUpTo = 8

// DashOf draws what is proved in solid lines, exact statistics dashed, estimates dotted.
func DashOf(k series.Kind) string {
	switch k {
	case series.Lower, series.Certified:
		return Solid
	case series.Estimate:
		return Dotted
	}
	return Dashed
}

// Stroke returns the style of a line with markers.
func Stroke(color, marker, dash string, width float32) Style {
	return Style{
		Color:  color,
		Marker: marker,
		Dash:   dash,
		Width:  width,
	}
}

// BoldStroke returns the style of a line that a chart is about.
func BoldStroke(color, marker string) Style {
	return Stroke(color, marker, Solid, 2.5)
}

// Quietly returns the style without tooltips, markers and a label at the end.
func (s Style) Quietly() Style {
	s.Quiet = true
	return s
}

// NthStyle returns the style of the n-th of several curves of equal standing. The colours
// repeat after seven, the markers after eight, so that their pairs do after fifty-six.
func NthStyle(n int, k series.Kind) Style {
	dash := Solid
	if k == series.Estimate {
		dash = Dotted
	}
	return Stroke(cycle[n%len(cycle)], Markers[n%len(Markers)], dash, 2)
}

// RampStyle returns the style of the i-th of n curves in an order (layers, widths).
func RampStyle(i, n int) Style {
	position := 0.0
	if n > 1 {
		position = float64(i) / float64(n-1)
	}
	return Stroke(Ramp(position), Markers[i%len(Markers)], Solid, 2)
}
