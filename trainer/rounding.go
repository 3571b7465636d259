package trainer

import (
	"math"
	"math/bits"

	"liptrack/internal/linalg"
)

// Training is chaotic: a rounding that differs from PyTorch's decides, sooner or later, on which
// side of a kink a point falls, and the curves part. The functions of this file compute in
// float32 what PyTorch 1.13 computes on an AVX2 processor, rounding where it rounds and adding in
// the order in which it adds. With the matrix products of the same OpenBLAS, trajectories then agree
// to the last digits. In float64 they are plain arithmetic.

// mulAdd is a·b + c rounded once, in float32, as a fused multiply-add rounds it.
func mulAdd[T linalg.Float](a, b, c T) T { return T(float64(a)*float64(b) + float64(c)) }

// addScaled adds alpha·x to y.
func addScaled[T linalg.Float](y []T, alpha T, x []T) {
	x = x[:len(y)]
	for i := range y {
		y[i] = mulAdd(alpha, x[i], y[i])
	}
}

// exp is the exponential.
func exp[T linalg.Float](x T) T {
	if x, ok := any(x).(float32); ok {
		return T(exp32(x))
	}
	return T(math.Exp(float64(x)))
}

// exp32 is e^x by the algorithm of SLEEF's expf (Shibata and Petrogalli 2020), which PyTorch
// uses: x = q·ln 2 + s with |s| ≤ ln 2/2, and a polynomial of degree 6 in s. The error is below
// 1 unit in the last place. Where the result would not be a normal number the standard library
// takes over.
func exp32(x float32) float32 {
	if !(x >= -87 && x <= 88) {
		return float32(math.Exp(float64(x)))
	}
	const (
		log2e  float32 = 1.4426950408889634
		ln2Hi  float32 = 0.693145751953125
		ln2Low float32 = 1.428606765330187e-06
	)
	q := float32(math.RoundToEven(float64(x * log2e)))
	s := mulAdd(q, -ln2Low, mulAdd(q, -ln2Hi, x))
	u := mulAdd(0.00019852762, s, 0.0013930436)
	u = mulAdd(u, s, 0.008333361)
	u = mulAdd(u, s, 0.041666485)
	u = mulAdd(u, s, 0.16666667)
	u = mulAdd(u, s, 0.5)
	u = 1 + mulAdd(s*s, u, s)
	return u * math.Float32frombits(uint32(int32(q)+127)<<23)
}

// lanes is the number of float32 in an AVX2 register.
const lanes = 8

// sum adds the entries of v as a vectorised reduction does: one by one up to seven; from eight
// on in eight lanes, which are then added pairwise.
func sum[T linalg.Float](v []T) T {
	if len(v) < lanes {
		var s T
		for _, x := range v {
			s += x
		}
		return s
	}
	var lane [lanes]T
	for i, x := range v {
		lane[i%lanes] += x
	}
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

// columnSums writes the sums of the columns of a, rows×cols, to dst, by the cascade that keeps the
// rounding error of torch.sum small: columns in whole groups of 32, or of 4 where there are not 8,
// take the rows in order, the others take every fourth row in each of four sums. Only a single
// column PyTorch adds in yet another order, which is not followed.
func columnSums[T linalg.Float](dst, a []T, rows, cols int) {
	group := 4 * lanes
	if cols < lanes {
		group = 4
	}
	grouped := cols / group * group
	cascade(dst[:grouped], a, cols, rows)
	rest, quads := dst[grouped:], rows/4
	cascade(rest, a[grouped:], 4*cols, quads)
	parts := make([]T, 3*len(rest))
	for k := 0; k < 3 && quads > 0; k++ {
		part := parts[k*len(rest):][:len(rest)]
		cascade(part, a[grouped+(k+1)*cols:], 4*cols, quads)
	}
	for r := 4 * quads; r < rows; r++ {
		addTo(rest, a[r*cols+grouped:])
	}
	for k := range 3 {
		addTo(rest, parts[k*len(rest):])
	}
}

// cascade writes the sum of count vectors, stride apart in a, to dst, in blocks of blocks so
// that no accumulator takes more than a few dozen terms.
func cascade[T linalg.Float](dst, a []T, stride, count int) {
	const levels = 4
	power := max(4, (bits.Len(uint(max(count, 1)-1)))/levels)
	step, mask := 1<<power, 1<<power-1
	var acc [levels][]T
	for l := range acc {
		acc[l] = make([]T, len(dst))
	}
	i := 0
	for i+step <= count {
		for range step {
			addTo(acc[0], a[i*stride:])
			i++
		}
		for l := 1; l < levels; l++ {
			addTo(acc[l], acc[l-1])
			clear(acc[l-1])
			if i&(mask<<(l*power)) != 0 {
				break
			}
		}
	}
	for ; i < count; i++ {
		addTo(acc[0], a[i*stride:])
	}
	for _, higher := range acc[1:] {
		addTo(acc[0], higher)
	}
	copy(dst, acc[0])
}

// addTo adds the first len(dst) entries of a to dst.
func addTo[T linalg.Float](dst, a []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] += a[i]
	}
}
