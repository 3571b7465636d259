package vec

import (
	"math"
	"slices"
	"testing"
)

func TestReLU(t *testing.T) {
	forKernels(t, func(t *testing.T, k32 kernels[float32], k64 kernels[float64]) {
		t.Run("float32", func(t *testing.T) { testReLU(t, k32) })
		t.Run("float64", func(t *testing.T) { testReLU(t, k64) })
	})
}

func testReLU[T Float](t *testing.T, k kernels[T]) {
	for _, a := range append(awkward, 0.7, -0.7) {
		in := T(a)
		want, wantSlope := in, T(1)
		if in <= 0 {
			want, wantSlope = 0, 0
		}
		z := slices.Repeat([]T{in}, 11)
		slope := make([]T, len(z))
		values := slices.Clone(z)
		k.relu(z, slope)
		k.relu(values, nil)

		for i := range z {
			if !same(z[i], want) || !same(values[i], want) || slope[i] != wantSlope {
				t.Errorf("entry %d: ReLU(%v) = %v, alone %v, with slope %v, want %v and %v", i, in, z[i], values[i], slope[i], want, wantSlope)
			}
		}
	}
}

func TestGate(t *testing.T) {
	t.Run("float32", testGate[float32])
	t.Run("float64", testGate[float64])
}

func testGate[T Float](t *testing.T) {
	for _, a := range append(awkward, 0.7, -0.7) {
		x := slices.Repeat([]T{T(a)}, 11)
		y := slices.Repeat([]T{-3}, len(x))
		Gate(y, x)
		want := T(-3)
		if T(a) <= 0 {
			want = 0
		}
		for i, got := range y {
			if !same(got, want) {
				t.Errorf("entry %d behind %v is %v, want %v", i, a, got, want)
			}
		}
	}
}

func TestElementwise(t *testing.T) {
	t.Run("float32", testElementwise[float32])
	t.Run("float64", testElementwise[float64])
}

// testElementwise uses small integers, for which no operation rounds.
func testElementwise[T Float](t *testing.T) {
	const alpha = -3
	for _, test := range []struct {
		name string
		run  func(y, x []T)
		want func(y, x T) T
	}{
		{"Add", Add[T], func(y, x T) T { return y + x }},
		{"Mul", Mul[T], func(y, x T) T { return y * x }},
		{"Scale", func(y, _ []T) { Scale(y, alpha) }, func(y, _ T) T { return alpha * y }},
		{"AddScaled", func(y, x []T) { AddScaled(y, alpha, x) }, func(y, x T) T { return y + alpha*x }},
		{"ScaledDifference", func(y, x []T) { ScaledDifference(y, alpha, x) }, func(y, x T) T { return alpha * (y - x) }},
	} {
		for _, n := range []int{0, 1, 19} {
			x, y := make([]T, n+1), make([]T, n) // x may be longer
			for i := range y {
				x[i], y[i] = T(i%7-3), T(i%5-2)
			}
			got := slices.Clone(y)
			test.run(got, x)
			for i := range y {
				if want := test.want(y[i], x[i]); got[i] != want {
					t.Errorf("%s of %d: entry %d is %v, want %v", test.name, n, i, got[i], want)
				}
			}
		}
	}
}

func TestTooShort(t *testing.T) {
	long, short := make([]float32, 9), make([]float32, 8, 9) // too short despite its capacity
	for name, f := range map[string]func(){
		"ReLU":             func() { ReLU(long, short) },
		"Add":              func() { Add(long, short) },
		"Mul":              func() { Mul(long, short) },
		"AddScaled":        func() { AddScaled(long, 1, short) },
		"ScaledDifference": func() { ScaledDifference(long, 1, short) },
		"Adam":             func() { Adam(AdamStep[float32]{}, long, long, long, short) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes a slice that is too short", name)
				}
			}()
			f()
		}()
	}
}

func TestNoAllocations(t *testing.T) {
	a, b, c, d := make([]float32, 70), make([]float32, 70), make([]float32, 70), make([]float32, 70)
	if n := testing.AllocsPerRun(10, func() {
		Exp(a)
		ReLU(a, b)
		Mul(a, b)
		AddScaled(a, 2, b)
		Adam(AdamStep[float32]{Correction: 1, Epsilon: 1}, a, b, c, d)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Three updates are compared with the formulas of the paper, evaluated in float64.
func TestAdam(t *testing.T) {
	const (
		rate, beta1, beta2, epsilon = 0.01, 0.9, 0.99, 1e-3
		keep, decay                 = 0.95, 0.2
		// Each of three updates rounds ten times, to 2⁻²⁴ for numbers of about 1.
		tolerance = 3 * 10 * 0x1p-24
		n         = 19
	)

	forKernels(t, func(t *testing.T, k kernels[float32], _ kernels[float64]) {
		r := newRand(5)
		theta, mean, square := make([]float32, n), make([]float32, n), make([]float32, n)
		var exact, m, v [n]float64

		for i := range theta {
			theta[i] = float32(r.NormFloat64())
			exact[i] = float64(theta[i])
		}

		for update := 1; update <= 3; update++ {
			bias1, bias2 := 1-math.Pow(beta1, float64(update)), 1-math.Pow(beta2, float64(update))
			grad := make([]float32, n)
			for i := range grad {
				grad[i] = float32(r.NormFloat64())
				exact[i] *= keep
				g := float64(grad[i]) + decay*exact[i]
				m[i] = beta1*m[i] + (1-beta1)*g
				v[i] = beta2*v[i] + (1-beta2)*g*g
				exact[i] -= rate * (m[i] / bias1) / (math.Sqrt(v[i]/bias2) + epsilon)
			}

			k.adam(AdamStep[float32]{
				Keep: keep, Decay: decay, Beta1: beta1, Beta2: beta2, Rest1: 1 - beta1, Rest2: 1 - beta2,
				Step: float32(rate / bias1), Correction: float32(math.Sqrt(bias2)), Epsilon: epsilon,
			}, theta, grad, mean, square)
		}

		for i := range theta {
			if math.Abs(float64(theta[i])-exact[i]) > tolerance {
				t.Errorf("parameter %d is %v, want %v within %g", i, theta[i], exact[i], tolerance)
			}
		}
	})
}

func TestNonZero(t *testing.T) {
	t.Run("float32", testNonZero[float32])
	t.Run("float64", testNonZero[float64])
}

func testNonZero[T Float](t *testing.T) {
	r := newRand(2)
	for n := range 40 {
		x := make([]T, n)
		var want []int32
		for i := range x {
			if r.IntN(2) == 0 {
				x[i] = anyNumber[T](r)
			}
			if x[i] != 0 { // NaN != 0 is true, −0 != 0 is false
				want = append(want, int32(i))
			}
		}

		dst := make([]int32, n+1)
		dst[n] = -1
		if got := dst[:NonZero(dst, x)]; !slices.Equal(got, want) || dst[n] != -1 {
			t.Errorf("of %v: %v, want %v; then %d", x, got, want, dst[n])
		}
	}
}

func TestWiden(t *testing.T) {
	r := newRand(3)
	for n := range 20 {
		x, dst := numbers[float32](r, n), make([]float64, n)
		Widen(dst, x)
		for i, v := range x {
			if !same(dst[i], float64(v)) {
				t.Errorf("%v became %v", v, dst[i])
			}
		}
	}
}
