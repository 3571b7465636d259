package terminal

import "strings"

// spelled replaces the non-ASCII characters of pages by ASCII.
var spelled = strings.NewReplacer(
	"×10",
	"x10^",
	"×",
	"x",
	"—",
	"-",
	"–",
	"-",
	"−",
	"-",
	"‖",
	"|",
	"θ",
	"theta",
	"∇",
	"grad ",
	"σ",
	"sigma",
	"φ",
	"phi",
	"∞",
	"inf",
	"⁰",
	"0",
	"¹",
	"1",
	"²",
	"2",
	"³",
	"3",
	"⁴",
	"4",
	"⁵",
	"5",
	"⁶",
	"6",
	"⁷",
	"7",
	"⁸",
	"8",
	"⁹",
	"9",
	"⁻",
	"-",
	"₀",
	"0",
	"₁",
	"1",
	"₂",
	"2",
)

// ascii converts a text to ASCII; characters without a replacement become question marks.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		return '?'
	}, spelled.Replace(text))
}
