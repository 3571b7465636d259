package terminal

import "strings"

// spelled writes in ASCII what pages say with other characters.
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

// ascii spells a text in ASCII; a character without a spelling becomes a question mark.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		return '?'
	}, spelled.Replace(text))
}
