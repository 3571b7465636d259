// Package picture draws figures for print, without a browser: as SVG or PNG of a given size, with a
// font of a given size, on a white background. It decides how a figure looks in print, not what it
// shows. It is the only importer of gonum/plot.
package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/plots/figure"
)

// Options are the dimensions of a figure in print.
type Options struct {
	// Width and Height of a panel in centimetres. Default 8.5 × 6.5: a column of a paper.
	Width, Height float64
	// FontSize in points. Default 8.
	FontSize float64
}

// Limits of a panel's width and height in centimetres, and of the font in points.
const (
	MinSize, MaxSize = 3, 100
	MinFont, MaxFont = 4, 40
)

const (
	defaultWidth, defaultHeight = 8.5, 6.5
	defaultFont                 = 8
	pngResolution               = 300 // dots per inch
)

// complete fills in defaults and checks the limits.
func (o Options) complete() (Options, error) {
	for _, v := range []struct {
		name                  string
		value                 *float64
		fallback, least, most float64
	}{
		{"width in cm", &o.Width, defaultWidth, MinSize, MaxSize},
		{"height in cm", &o.Height, defaultHeight, MinSize, MaxSize},
		{"font size in pt", &o.FontSize, defaultFont, MinFont, MaxFont},
	} {
		if *v.value == 0 {
			*v.value = v.fallback
		}

		if !(*v.value >= v.least && *v.value <= v.most) {
			return o, fmt.Errorf("figures: %s %g: must be between %g and %g",
				v.name, *v.value, v.least, v.most)
		}
	}

	return o, nil
}

// Formats are the file extensions that Write supports.
var Formats = []string{"svg", "png"}

// fontFamily adds fonts with the same widths, for machines without Liberation Sans.
const fontFamily = "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"

// mostAcross is the maximum number of panels in a row.
const mostAcross = 4

// Write draws panels in rows of at most four to a file, whose extension selects the format.
// Parallel coordinates only exist on the screen and are an error.
func Write(path string, o Options, panels ...*figure.Figure) error {
	o, err := o.complete()
	if err != nil {
		return err
	}

	across := min(len(panels), mostAcross)
	down := (len(panels) + across - 1) / across
	panelWidth, panelHeight := vg.Length(o.Width)*vg.Centimeter, vg.Length(o.Height)*vg.Centimeter
	width, height := vg.Length(across)*panelWidth, vg.Length(down)*panelHeight
	var c vg.CanvasWriterTo
	switch filepath.Ext(path) {
	case ".svg":
		c = vgsvg.NewWith(vgsvg.UseWH(width, height))
	case ".png":
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(
			vgimg.UseWH(width, height),
			vgimg.UseDPI(pngResolution),
		)}
	default:
		return fmt.Errorf("figures: %s: the ending must be one of %v", path, Formats)
	}

	page := draw.NewCanvas(c, width, height)
	page.FillPolygon(color.White, rectangle(vg.Point{}, vg.Point{X: width, Y: height}))
	for i, f := range panels {
		if f.Dims != nil {
			return fmt.Errorf("figures: %s: parallel coordinates are not for print", f.ID)
		}

		column, row := vg.Length(i%across), vg.Length(i/across)
		left, right := column*panelWidth, (column+1)*panelWidth-width
		panel := draw.Crop(page, left, right, height-(row+1)*panelHeight, -row*panelHeight)
		drawPanel(panel, f, vg.Points(o.FontSize))
	}

	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return fmt.Errorf("figures: drawing %s: %w", path, err)
	}

	picture := b.Bytes()
	if filepath.Ext(path) == ".svg" {
		picture = bytes.ReplaceAll(
			picture,
			[]byte("font-family:Liberation Sans;"),
			[]byte(fontFamily),
		)
	}

	return wholefile.WriteBytes(path, picture)
}
