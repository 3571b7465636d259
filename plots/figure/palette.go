package figure

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"
)

// Names of the colours of curves. Each stands for one shade on a light background and another on a
// dark one. They are the colours of Okabe and Ito (2008), which can be told apart with any common
// colour blindness, without their yellow, which is too faint on white.
const (
	Blue      = "blue"
	Vermilion = "vermilion"
	Green     = "green"
	Orange    = "orange"
	Purple    = "purple"
	Sky       = "sky"
	Gray      = "gray"
	Ink       = "ink"  // the colour of text
	Heat      = "heat" // shades of cells, starting at the background
)

// palette holds the shades. ramp and heat are scales ordered by lightness.
var palette = []struct {
	name        string
	light, dark string // one colour, or the stops of a scale
}{
	{Ink, "#1d2126", "#e7eaee"},
	{Blue, "#0072b2", "#4da3e0"},
	{Vermilion, "#d55e00", "#ff8a4c"},
	{Green, "#00835f", "#2fbf93"},
	{Orange, "#c78200", "#f0b429"},
	{Purple, "#b3568f", "#dc8fc0"},
	{Sky, "#3d9bd3", "#93d1f5"},
	{Gray, "#6f7780", "#98a2ad"},
	{
		"ramp",
		"#2b1c63, #6a2483, #ad3a78, #df5f55, #ee9a34",
		"#8b7cf0, #c47be0, #ee86b0, #f9a781, #fbe08d",
	},
	{
		Heat,
		"#f3f4f2, #dfe3e5, #c5ccd1, #a5afb7, #838e98",
		"#1d222a, #2b333d, #3b4652, #50606f, #6a7b8c",
	},
}

// Ramp returns the colour at a position in [0, 1] on the ordered scale, which runs from dark to
// light on a light background.
func Ramp(position float64) string {
	return fmt.Sprintf("ramp %.3f", position)
}

// Color returns the shade of a colour on a light background. The name is a colour's, or a scale's
// with a position in [0, 1]: "ramp 0.35". An unknown name gives black.
func Color(name string) color.RGBA {
	name, at, _ := strings.Cut(name, " ")
	position, _ := strconv.ParseFloat(at, 64)
	for _, p := range palette {
		if p.name == name {
			return along(strings.Split(p.light, ", "), position)
		}
	}
	return color.RGBA{A: 0xff}
}

// along returns the colour at a position in [0, 1] between evenly spaced stops.
func along(stops []string, position float64) color.RGBA {
	place := min(max(position, 0), 1) * float64(len(stops)-1)
	i := min(int(place), max(len(stops)-2, 0))
	from, to, part := rgb(stops[i]), rgb(stops[min(i+1, len(stops)-1)]), place-float64(i)
	mix := func(a, b uint8) uint8 {
		return uint8(float64(a) + (float64(b)-float64(a))*part + 0.5)
	}
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff}
}

// rgb reads a colour of the palette, "#rrggbb".
func rgb(hex string) color.RGBA {
	n, _ := strconv.ParseUint(hex[1:], 16, 32)
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xff}
}

// PaletteCSS declares the palette as CSS variables for a dark or a light background.
func PaletteCSS(dark bool) string {
	var b strings.Builder
	for _, p := range palette {
		shade := p.light
		if dark {
			shade = p.dark
		}
		fmt.Fprintf(&b, " --%s: %s;", p.name, shade)
	}
	return b.String()
}
