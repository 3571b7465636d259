package vec

import (
	"fmt"
	"testing"
)

// operations returns all kernels of a set, each applied to as many of four slices as it needs.
func operations[T Float](k kernels[T], alpha T) map[string]func(a, b, c, d []T) {
	step := AdamStep[T]{
		Keep: 0.999, Decay: 0.01, Beta1: 0.9, Beta2: 0.999, Rest1: 0.1, Rest2: 0.001,
		Step: 0.003, Correction: 0.25, Epsilon: 1e-8,
	}

	return map[string]func(a, b, c, d []T){
		"exp":               func(a, _, _, _ []T) { k.exp(a) },
		"relu":              func(a, b, _, _ []T) { k.relu(a, b) },
		"relu values":       func(a, _, _, _ []T) { k.relu(a, nil) },
		"gate":              func(a, b, _, _ []T) { k.gate(a, b) },
		"add":               func(a, b, _, _ []T) { k.add(a, b) },
		"mul":               func(a, b, _, _ []T) { k.mul(a, b) },
		"scale":             func(a, _, _, _ []T) { k.scale(a, alpha) },
		"add scaled":        func(a, b, _, _ []T) { k.addScaled(a, alpha, b) },
		"scaled difference": func(a, b, _, _ []T) { k.scaledDifference(a, alpha, b) },
		"adam":              func(a, b, c, d []T) { k.adam(step, a, b, c, d) },
	}
}

func TestKernelsAgree(t *testing.T) {
	if Name() == "portable" {
		t.Skip("there are only the portable kernels")
	}
	t.Run("float32", func(t *testing.T) { testKernelsAgree(t, single) })
	t.Run("float64", func(t *testing.T) { testKernelsAgree(t, double) })
}

func testKernelsAgree[T Float](t *testing.T, k kernels[T]) {
	r := newRand(1)
	const guard = 9 // numbers beyond the slices, which must not change
	for n := range 71 {
		for offset := range 4 {
			for range 4 {
				alpha := anyNumber[T](r)
				fast, slow := operations(k, alpha), operations(portable[T](), alpha)
				for name := range fast {
					var got, want [4][]T
					for i := range got {
						want[i] = numbers[T](r, offset+n+guard)
						got[i] = append([]T(nil), want[i]...)
					}

					run := func(operation func(a, b, c, d []T), v [4][]T) {
						for i := range v {
							v[i] = v[i][offset:][:n]
						}
						operation(v[0], v[1], v[2], v[3])
					}

					run(fast[name], got)
					run(slow[name], want)
					if err := difference(got, want); err != nil {
						t.Fatalf("%s of %d from %d, alpha %v: %v", name, n, offset, alpha, err)
					}
				}
			}
		}
	}
}

func difference[T Float](got, want [4][]T) error {
	for i := range got {
		for j, w := range want[i] {
			if g := got[i][j]; !same(g, w) {
				return fmt.Errorf("entry %d of slice %d is %v, portable %v", j, i, g, w)
			}
		}
	}
	return nil
}
