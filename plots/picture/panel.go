package picture

import (
	"image/color"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dimensions of a panel, in font sizes.
const (
	margin    = 0.5
	keyWidth  = 2.4 // width of a line's sample in the legend
	smallText = 0.9 // size of text at ticks and in the legend
)

const thin = 0.5 // width in points of axes and marks

var fonts = font.NewCache(liberation.Collection())

// drawPanel draws a figure with its legend, and above it the panel's name and the name of the y
// axis.
func drawPanel(c draw.Canvas, f *figure.Figure, size vg.Length) {
	c = draw.Crop(c, margin*size, -margin*size, margin*size, -margin*size)
	shown := visible(f)
	c.Max.Y -= drawLegend(c, shown, size)
	name := textStyle(size)
	name.YAlign = draw.YTop
	above := f.Y.Name
	if f.Panel != "" {
		above = f.Panel + ": " + above
	}

	c.FillText(name, vg.Point{X: c.Min.X, Y: c.Max.Y}, above)
	c.Max.Y -= 1.7 * size
	if slices.ContainsFunc(shown, func(s figure.Series) bool {
		return s.Vertical
	}) {
		c.Max.Y -= size // for the names of marks
	}

	p := axes(f, size, c)
	for _, s := range shown {
		p.Add(shape{s, f, size})
	}

	p.Draw(c)
}

// visible lists the series that are not hidden at first.
func visible(f *figure.Figure) []figure.Series {
	return slices.DeleteFunc(slices.Clone(f.Series), func(s figure.Series) bool {
		return s.Hidden
	})
}

// axes returns an empty plot with the axes of a figure in the house style.
func axes(f *figure.Figure, size vg.Length, c draw.Canvas) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text = f.X.Name
	scaleOf(f, 0).apply(&p.X, size, c.Max.X-c.Min.X-4*size, 3.5*size)
	scaleOf(f, 1).apply(&p.Y, size, c.Max.Y-c.Min.Y-3*size, 1.6*size)
	return p
}

// apply sets up a gonum axis of the given length, with tick labels at least a gap apart.
func (s axisScale) apply(a *plot.Axis, size, length, gap vg.Length) {
	a.Min, a.Max, a.Scale = s.low, s.high, s
	a.Padding = 0
	a.LineStyle = draw.LineStyle{Color: figure.Color("gray"), Width: thin}
	a.Label.Padding = 0.2 * size
	a.Label.TextStyle = placedLike(a.Label.TextStyle, size)
	a.Tick.LineStyle, a.Tick.Length = a.LineStyle, 0.4*size
	a.Tick.Label = placedLike(a.Tick.Label, smallText*size)
	a.Tick.Marker = plot.ConstantTicks(s.ticks(float64(length), float64(gap)))
}

// placedLike returns a text style of the given size with the alignment and rotation of another.
func placedLike(other text.Style, size vg.Length) text.Style {
	s := textStyle(size)
	s.XAlign, s.YAlign, s.Rotation = other.XAlign, other.YAlign, other.Rotation
	return s
}

// textStyle returns a text style of the given size.
func textStyle(size vg.Length) text.Style {
	return text.Style{
		Color: figure.Color("ink"),
		Font: font.Font{
			Typeface: "Liberation",
			Variant:  "Sans",
			Size:     size,
		},
		Handler: scripted{text.Plain{Fonts: fonts}},
	}
}
