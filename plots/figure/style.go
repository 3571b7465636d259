package figure

import "github.com/liptrack/liptrack/tracker/series"

// A Style is how a series looks. The quantity determines the colour and the marker, its kind the
// dashes, so that no meaning depends on colour alone.
type Style struct {
	Color  string // a name that [Color] knows
	Marker string // an echarts symbol, drawn at some points of a line; "" for none
	Dash   string // solid, dashed or dotted
	Width  float32
	Hidden bool // hidden until the reader switches it on in the legend
	Quiet  bool // without tooltip, markers and label at its end
	// ID and Run name the run that a line belongs to on the page of a set.
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

// LinesUpTo is the maximum number of equivalent curves (such as layers) drawn as lines. More are
// drawn as a heat map or not at all.
const LinesUpTo = 8

// DashOf returns the dashes for a kind: solid for proved values, dashed for exact statistics,
// dotted for estimates.
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

// BoldStroke returns the style of a chart's main lines.
func BoldStroke(color, marker string) Style {
	return Stroke(color, marker, Solid, 2.5)
}

// Quietly returns the style without tooltip, markers and label at the end.
func (s Style) Quietly() Style {
	s.Quiet = true
	return s
}

// NthStyle returns the style of the n-th of several equivalent curves. Colours repeat after seven
// and markers after eight, so their pairs repeat after fifty-six.
func NthStyle(n int, k series.Kind) Style {
	dash := Solid
	if k == series.Estimate {
		dash = Dotted
	}
	return Stroke(cycle[n%len(cycle)], Markers[n%len(Markers)], dash, 2)
}

// RampStyle returns the style of the i-th of n ordered curves (layers, widths).
func RampStyle(i, n int) Style {
	position := 0.0
	if n > 1 {
		position = float64(i) / float64(n-1)
	}
	return Stroke(Ramp(position), Markers[i%len(Markers)], Solid, 2)
}
