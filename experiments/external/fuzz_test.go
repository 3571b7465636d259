package external

import (
	"slices"
	"strings"
	"testing"
)

// FuzzNames checks that places are never negative, whatever the pattern and the order of the names,
// and that only given names have one.
func FuzzNames(f *testing.F) {
	f.Add("mlp_{epoch}.pt", "mlp_1.pt\nmlp_2.pt\nmlp_10.pt")
	f.Add("", "epoch=3-step=40.ckpt\nlast.ckpt")
	f.Add("*/{epoch}", "a/1\nb/2\n/3")
	f.Add("", "run2_9.pt\nrun2_10.pt\n99999999999999999999.pt")
	f.Fuzz(func(t *testing.T, text, lines string) {
		var p *pattern
		if text != "" {
			read, err := newPattern(text)
			if err != nil {
				return
			}
			p = read
		}

		names := strings.Split(lines, "\n")
		places, err := p.placesIn(names)
		if err != nil {
			return
		}
		for name, at := range places {
			if !slices.Contains(names, name) || at.epoch < 0 || at.step < 0 {
				t.Errorf("%q has place %v among %q", name, at, names)
			}
		}

		slices.Reverse(names)
		again, err := p.placesIn(names)
		if err != nil || len(again) != len(places) {
			t.Errorf("%q have %d places, turned around %d, %v", names, len(places), len(again), err)
		}
	})
}
