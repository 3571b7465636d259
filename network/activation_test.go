package network

import (
	"math"
	"strings"
	"testing"
)

func TestParseActivation(t *testing.T) {
	for _, name := range ActivationNames() {
		a, err := ParseActivation(name, 0.2)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if a.Name() != name {
			t.Errorf("%s parsed as %s", name, a.Name())
		}
		if wantSlope := map[bool]float64{true: 0.2}[name == "leaky_relu"]; a.Slope() != wantSlope {
			t.Errorf("%s has slope %g, want %g", name, a.Slope(), wantSlope)
		}
		if a.IsIdentity() != (name == "identity") {
			t.Errorf("%s: IsIdentity is %t", name, a.IsIdentity())
		}
	}

	for _, name := range []string{"none", ""} {
		if a, err := ParseActivation(name, 0.2); err != nil || a != Identity {
			t.Errorf("%q parsed as %v, %v; want the identity", name, a, err)
		}
	}
}

func TestParseActivationError(t *testing.T) {
	for _, name := range []string{"ReLU", "relu ", "swish", "leaky_relu(0.01)"} {
		_, err := ParseActivation(name, 0)
		if err == nil {
			t.Errorf("%q was accepted", name)
			continue
		}
		for _, word := range append(ActivationNames(), `"`+name+`"`, "none") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q: error %q does not mention %s", name, err, word)
			}
		}
	}
}

func TestActivationString(t *testing.T) {
	for _, test := range []struct {
		a    Activation
		want string
	}{
		{Activation{}, "identity"},
		{ReLU, "relu"},
		{LeakyReLU(0.01), "leaky_relu(0.01)"},
		{LeakyReLU(-2), "leaky_relu(-2)"},
		{Activation{kind: gelu}, "gelu"},
	} {
		if got := test.a.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// gridStep brings the grid within 5e-4 of every extreme of a derivative, and so, since its
// curvature is less than 1, within 1e-7 of the extreme value.
const gridStep = 1e-3

// slopesOnGrid calls visit with the slope at a dense grid of inputs and at extreme ones.
func slopesOnGrid(a Activation, visit func(z, slope float64)) {
	for i := -50_000; i <= 50_000; i++ {
		z := float64(i) * gridStep
		_, s := applied(a, z)
		visit(z, s)
	}

	for _, z := range []float64{
		math.Sqrt2, 2.3993572805154677, 700, 745.2, 1e10, 1e155, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-300,
	} {
		for _, z := range []float64{z, -z} {
			_, s := applied(a, z)
			visit(z, s)
		}
	}
}

func TestSlopeRangeContainsEverySlope(t *testing.T) {
	for _, a := range everyActivation {
		low, high := a.SlopeRange()
		slopesOnGrid(a, func(z, s float64) {
			if !(low <= s && s <= high) {
				t.Errorf("%v: slope %v at %v, outside [%v, %v]", a, s, z, low, high)
			}
		})
	}
}

func TestSlopeRangeIsTight(t *testing.T) {
	const tolerance = 1e-7
	for _, a := range everyActivation {
		low, high := a.SlopeRange()
		least, most := math.Inf(1), math.Inf(-1)
		slopesOnGrid(a, func(_, s float64) { least, most = min(least, s), max(most, s) })
		if least-low > tolerance || high-most > tolerance {
			t.Errorf("%v: range [%v, %v], but slopes only from %v to %v", a, low, high, least, most)
		}
	}
}

func TestLipschitz(t *testing.T) {
	for _, test := range []struct {
		a    Activation
		want float64
	}{
		{Identity, 1}, {ReLU, 1}, {LeakyReLU(0.01), 1}, {LeakyReLU(3), 3}, {LeakyReLU(-4), 4},
		{Activation{kind: sigmoid}, 0.25}, {Activation{kind: gelu}, 1.1289041452},
	} {
		if got := test.a.Lipschitz(); got != test.want {
			t.Errorf("%v: %v, want %v", test.a, got, test.want)
		}
	}
}

// Over a wide range, second derivatives reach the curvature up to the fineness of the grid, and do
// not exceed it.
func TestCurvature(t *testing.T) {
	for _, a := range everyActivation {
		var largest float64
		for x := -8.0; x <= 8; x += 1.0 / 4096 {
			z := []float64{x}
			secondDerivatives(a, z)
			largest = max(largest, math.Abs(z[0]))
		}
		if c := a.Curvature(); largest > c*(1+1e-9) || largest < c*(1-1e-3) {
			t.Errorf("%v: curvature %v, largest second derivative %v", a, c, largest)
		}
	}
}
