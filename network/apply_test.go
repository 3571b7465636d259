package network

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Values and derivatives computed to 40 digits with mpmath.
func TestSmoothActivations(t *testing.T) {
	// The tolerance allows for a handful of roundings in float64.
	const tolerance = 1e-14
	for _, test := range []struct {
		name            string
		z, value, slope float64
	}{
		{"tanh", -2.5, -0.98661429815143029, 0.02659222668316062},
		{"tanh", 0, 0, 1},
		{"tanh", 0.75, 0.63514895238728732, 0.59658580828133143},
		{"sigmoid", -30, 9.357622968839299e-14, 9.3576229688384233e-14},
		{"sigmoid", -2.5, 0.075858180021243551, 0.070103716545108157},
		{"sigmoid", 0, 0.5, 0.25},
		{"sigmoid", 6, 0.99752737684336523, 0.0024665092913600478},
		{"gelu", -2.5, -0.015524163314440338, -0.037611085908145208},
		{"gelu", 0, 0, 0.5},
		{"gelu", 0.75, 0.58002948571734885, 0.9992257217392351},
		{"gelu", 6, 5.9999999940804741, 1.0000000354687095},
		{"silu", -30, -2.8072868906517897e-12, -2.713710660963134e-12},
		{"silu", -2.5, -0.18964545005310888, -0.099401111341526841},
		{"silu", 0, 0, 0.5},
		{"silu", 6, 5.9851642610601914, 1.0123264325915255},
		{"softplus", -30, 9.3576229688397368e-14, 9.357622968839299e-14},
		{"softplus", -2.5, 0.078889734292549623, 0.075858180021243551},
		{"softplus", 0, 0.69314718055994531, 0.5},
		{"softplus", 6, 6.0024756851377304, 0.99752737684336523},
	} {
		a, err := ParseActivation(test.name, 0)
		if err != nil {
			t.Fatal(err)
		}
		value, slope := applied(a, test.z)
		if math.Abs(value-test.value) > tolerance*math.Abs(test.value) || math.Abs(slope-test.slope) > tolerance*math.Abs(test.slope) {
			t.Errorf("%s(%g) = %v with slope %v, want %v and %v", test.name, test.z, value, slope, test.value, test.slope)
		}
	}
}

func TestSlopeIsTheDerivative(t *testing.T) {
	const (
		h = 1e-5
		// The third derivatives are below 2, so central differences err by at most h²/3, and the
		// rounding of values up to 20 adds at most 4e-15/h.
		tolerance = 1e-9
	)

	for _, a := range everyActivation {
		for z := -20.0005; z < 20; z += 0.01 {
			above, _ := applied(a, z+h)
			below, _ := applied(a, z-h)
			_, slope := applied(a, z)
			if quotient := (above - below) / (2 * h); math.Abs(quotient-slope) > tolerance*max(1, math.Abs(slope)) {
				t.Errorf("%v at %g: slope %v, difference quotient %v", a, z, slope, quotient)
			}
		}
	}
}

func TestActivationsOfBothPrecisionsAgree(t *testing.T) {
	// Each result is rounded to float32 at most once. The slope of leaky ReLU is rounded before
	// use.
	const tolerance = 0x1p-23
	agree := func(single float32, double float64) bool {
		return math.Abs(float64(single)-double) <= max(tolerance*math.Abs(double), math.SmallestNonzeroFloat32)
	}
	for _, a := range everyActivation {
		for z := float32(-40); z < 40; z += 0.037 {
			value, slope := applied(a, z)
			value64, slope64 := applied(a, float64(z))
			if !agree(value, value64) || !agree(slope, slope64) {
				t.Errorf("%v(%g) = %v with slope %v in float32, %v and %v in float64", a, z, value, slope, value64, slope64)
			}
		}
	}
}

func TestReLU(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testReLU(t, float32(math.SmallestNonzeroFloat32), float32(0x1p-126), math.MaxFloat32)
	})
	t.Run("float64", func(t *testing.T) {
		testReLU(t, math.SmallestNonzeroFloat64, 0x1p-1022, math.MaxFloat64)
	})
}

// testReLU includes the least positive number, the least normal number and the largest number.
func testReLU[T linalg.Float](t *testing.T, least, normal, greatest T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	zero := T(0)
	for _, test := range []struct{ z, value, slope T }{
		{zero, 0, 0}, {-zero, 0, 0}, {T(math.Copysign(0, -1)), 0, 0},
		{least, least, 1}, {-least, 0, 0},
		{normal, normal, 1}, {-normal, 0, 0},
		{1, 1, 1}, {-1, 0, 0},
		{greatest, greatest, 1}, {-greatest, 0, 0},
		{inf, inf, 1}, {-inf, 0, 0},
		// NaN of either sign stays NaN: ∞ − ∞ has the sign bit set on amd64, not on arm64.
		{nan, nan, 1}, {T(math.Copysign(math.NaN(), -1)), nan, 1}, {inf - inf, nan, 1},
	} {
		value, slope := applied(ReLU, test.z)
		only := []T{test.z}
		Apply(ReLU, only, nil)
		for _, v := range []T{value, only[0]} {
			if !same(v, test.value) || v == 0 && math.Signbit(float64(v)) {
				t.Errorf("ReLU(%v) = %v, want %v", test.z, v, test.value)
			}
		}
		if slope != test.slope {
			t.Errorf("ReLU′(%v) = %v, want %v", test.z, slope, test.slope)
		}
	}
}

// same reports whether a and b are equal or both NaN.
func same[T linalg.Float](a, b T) bool { return a == b || a != a && b != b }

func TestLeakyReLU(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct{ negative, z, value, slope float64 }{
		{0.25, 3, 3, 1}, {0.25, -3, -0.75, 0.25}, {0.25, 0, 0, 0.25},
		{-2, 3, 3, 1}, {-2, -3, 6, -2},
		{0.25, inf, inf, 1}, {0.25, -inf, -inf, 0.25}, {0.25, math.NaN(), math.NaN(), 0.25},
	} {
		value, slope := applied(LeakyReLU(test.negative), test.z)
		if !same(value, test.value) || slope != test.slope {
			t.Errorf("leaky ReLU %g of %g = %v with slope %v, want %v and %v", test.negative, test.z, value, slope, test.value, test.slope)
		}
	}
}

// Values do not depend on whether slopes are computed, nor on the other numbers.
func TestApplyWithoutSlopes(t *testing.T) {
	z := normals(newRand(2), 1001)
	for _, a := range everyActivation {
		values, alone := append([]float64(nil), z...), append([]float64(nil), z...)
		Apply(a, values, make([]float64, len(z)))
		Apply(a, alone, nil)
		for i := range z {
			if want, _ := applied(a, z[i]); values[i] != want || alone[i] != want {
				t.Fatalf("%v(%v) = %v with slopes, %v without, %v by itself", a, z[i], values[i], alone[i], want)
			}
		}
	}
}
