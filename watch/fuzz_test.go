package watch

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// FuzzVersion parses arbitrary text as the version that a browser sends. It gives an error or a
// version that survives a round trip.
func FuzzVersion(f *testing.F) {
	f.Add(version{1 << 63, []part{{0, rundir.Running}, {1 << 40, rundir.Failed}}}.String())
	f.Add("1.5-0.-.")
	f.Add("zzzzzzzzzzzzzz.0-99")

	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseVersion(text)
		if err != nil {
			return
		}
		again, err := parseVersion(v.String())
		if err != nil || again.origin != v.origin || !slices.Equal(again.parts, v.parts) {
			t.Errorf("%q is %v, read back as %v, error %v", text, v, again, err)
		}
	})
}
