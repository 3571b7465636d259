package rng

import (
	"fmt"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mathext/prng"
)

// NumPy draws the same numbers as numpy.random.RandomState with the same seed: the legacy generator
// behind numpy.random.seed, whose streams NumPy promises never to change (NEP 19). Integers and
// permutations are equal; normal deviates are equal up to the last bit of a logarithm. It is not
// safe for concurrent use.
type NumPy struct {
	mt prng.MT19937
	// cached is the second deviate of the last polar pair, until Normal returns it.
	cached    float64
	hasCached bool
}

// NewNumPy returns numpy.random.RandomState(seed).
func NewNumPy(seed uint32) *NumPy {
	r := new(NumPy)
	r.mt.Seed(uint64(seed))
	return r
}

// Float64 returns rand(): uniform on [0, 1), a multiple of 2⁻⁵³, from two 32-bit draws.
func (r *NumPy) Float64() float64 {
	high, low := r.mt.Uint32()>>5, r.mt.Uint32()>>6
	return float64(uint64(high)<<26|uint64(low)) / (1 << 53)
}

// Normal returns randn(): a standard normal deviate by Marsaglia's polar method. The method makes
// two at a time; the second is kept for the next call, regardless of other draws in between.
func (r *NumPy) Normal() float64 {
	if r.hasCached {
		r.hasCached = false
		return r.cached
	}

	for {
		x, y := 2*r.Float64()-1, 2*r.Float64()-1
		// The conversions keep the compiler from fusing multiply and add: every processor must
		// agree on whether a point near the rim of the disc is accepted.
		s := float64(x*x) + float64(y*y)
		if s >= 1 || s == 0 {
			continue
		}

		f := math.Sqrt(-2 * math.Log(s) / s)
		r.cached, r.hasCached = f*x, true
		return f * y
	}
}

// Intn returns randint(n), which is also choice(n): uniform on 0 … n−1, by masking 32-bit draws and
// rejecting values that are too large. It draws nothing for n = 1 and panics unless 1 ≤ n ≤ 2³².
func (r *NumPy) Intn(n int) int {
	if n < 1 || uint64(n) > 1<<32 {
		panic(fmt.Sprintf("rng: Intn(%d): the argument must be in 1 … 2³²", n))
	}

	if n == 1 {
		return 0
	}

	mask := uint32(1<<bits.Len(uint(n-1)) - 1)
	for {
		v := uint64(r.mt.Uint32() & mask)
		if v < uint64(n) {
			return int(v)
		}
	}
}

// Shuffle permutes n elements as shuffle(x) does: Fisher–Yates from the end. swap exchanges
// elements i and j.
func (r *NumPy) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.Intn(i+1))
	}
}

// Permutation returns permutation(n): 0 … n−1 in random order.
func (r *NumPy) Permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}

	r.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}

// Choice returns choice(n, size, replace=False): the first size entries of a permutation of
// 0 … n−1. It panics if size exceeds n.
func (r *NumPy) Choice(n, size int) []int {
	return r.Permutation(n)[:size:size]
}
