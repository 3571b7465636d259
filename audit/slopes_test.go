package audit

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// The ranges hold the derivative everywhere inside, and are no wider than it is.
func TestSlopesOnAreTheRangeOfTheDerivative(t *testing.T) {
	const steps = 4000
	for _, name := range network.ActivationNames() {
		a := activation(t, name)
		if _, smooth := turns[name]; !smooth && name != "relu" && name != "leaky_relu" && name != "identity" {
			t.Errorf("%s has no row in turns: its slopes are never told apart", name)
		}
		for _, c := range [][2]float64{{-4, -3}, {-3, -1}, {-2, 0.5}, {-0.1, 0.2}, {0.3, 0.4}, {1, 2}, {-5, 5}, {2.39, 2.41}, {1.5, 1.5}} {
			r := slopesOn(a, c[0], c[1])
			z, slope := make([]float64, steps+1), make([]float64, steps+1)
			for i := range z {
				z[i] = c[0] + (c[1]-c[0])*float64(i)/steps
			}
			network.Apply(a, z, slope)
			low, high := math.Inf(1), math.Inf(-1)
			for _, s := range slope {
				low, high = min(low, s), max(high, s)
			}
			const coarse = 1e-6 // what a grid of steps misses of an extreme
			if r.Low > low || r.High < high || r.Low < low-coarse || r.High > high+coarse {
				t.Errorf("%v on %v: [%g, %g], want [%g, %g]", a, c, r.Low, r.High, low, high)
			}
		}
		low, high := a.SlopeRange()
		if r := slopesOn(a, math.NaN(), 1); r.Low != low || r.High != high {
			t.Errorf("%v on NaN: [%g, %g], want the range over all inputs", a, r.Low, r.High)
		}
	}
}
