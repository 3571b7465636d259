package picture

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// scripted draws a line of plain text. Unicode superscripts and subscripts become smaller digits,
// raised or lowered, because the font lacks most of them.
type scripted struct{ text.Plain }

var (
	supers = []rune("⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
	subs   = []rune("₀₁₂₃₄₅₆₇₈₉₋")
	plain  = []rune("0123456789−")
)

const (
	scriptSize = 0.7  // size relative to the text
	superRise  = 0.38 // height of the baseline relative to the size of the text
	subRise    = -0.15
)

// A span is a part of a text in one size and at one height.
type span struct {
	text       string
	size, rise vg.Length
}

// spans splits a text where scripts begin and end. It also spells out ∇, which the font lacks.
func spans(txt string) []span {
	var parts []span
	for _, r := range strings.ReplaceAll(txt, "∇", "grad ") {
		part := span{string(r), 1, 0}
		if i := slices.Index(supers, r); i >= 0 {
			part = span{string(plain[i]), scriptSize, superRise}
		} else if i := slices.Index(subs, r); i >= 0 {
			part = span{string(plain[i]), scriptSize, subRise}
		}

		n := len(parts) - 1
		if n >= 0 && parts[n].rise == part.rise {
			parts[n].text += part.text
			continue
		}

		parts = append(parts, part)
	}

	return parts
}

func (s scripted) face(fnt font.Font, size vg.Length) font.Face {
	fnt.Size *= size
	return s.Fonts.Lookup(fnt, fnt.Size)
}

// Box implements [text.Handler].
func (s scripted) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	_, height, depth = s.Plain.Box("", fnt)
	for _, part := range spans(txt) {
		face := s.face(fnt, part.size)
		width += face.Width(part.text)
	}
	return width, height, depth
}

// Draw implements [text.Handler].
func (s scripted) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	width, height, depth := s.Box(txt, sty.Font)
	c.Push()
	defer c.Pop()
	c.SetColor(sty.Color)
	c.Translate(pt)
	c.Rotate(sty.Rotation)
	// The baseline of the plain handler, which axes allow for.
	at := vg.Point{
		X: vg.Length(sty.XAlign) * width,
		Y: vg.Length(sty.YAlign)*(height+depth) - s.Extents(sty.Font).Ascent + sty.Font.Size,
	}

	for _, part := range spans(txt) {
		face := s.face(sty.Font, part.size)
		c.FillString(face, at.Add(vg.Point{Y: part.rise * sty.Font.Size}), part.text)
		at.X += face.Width(part.text)
	}
}
