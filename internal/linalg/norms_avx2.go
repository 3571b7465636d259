//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package linalg

import (
	"math"
	"simd/archsimd"
	"slices"
	"sync"

	"github.com/liptrack/liptrack/internal/rounding"
)

// x4 holds one number of each of several matrices, a matrix per lane.
type x4 = archsimd.Float64x4

// group4 is the workspace for the norms of width4 matrices.
type group4 struct {
	elements []x4 // rows×cols
	gram     [most * most]x4
	d, e2, p [most]x4

	one, half, sign, nan, start, few, tol, order, others, small, large x4 // constants
}

// groups4 recycles workspaces between calls.
var groups4 = sync.Pool{New: func() any { return new(group4) }}

// prepare sizes the buffers for rows×cols matrices and sets the constants.
func (q *group4) prepare(rows, cols int) {
	q.elements = slices.Grow(q.elements[:0], rows*cols)[:rows*cols]

	n := float64(rows)
	for _, c := range []struct {
		to *x4
		v  float64
	}{
		{&q.one, 1},
		{&q.half, 0.5},
		{&q.sign, math.Copysign(0, -1)},
		{&q.nan, math.NaN()},
		{&q.start, 1 + 0x1p-10},
		{&q.few, 0x1p-7},
		{&q.tol, 4 * rounding.Unit},
		{&q.order, n},
		{&q.others, n - 1},
		{&q.small, smallestGram},
		{&q.large, largestGram},
	} {
		*c.to = archsimd.BroadcastFloat64x4(c.v)
	}
}

// laneNorms4 implements laneNorms with width4 lanes. No lane depends on the others.
func laneNorms4(dst, a []float64, rows, cols int) (done int) {
	if rows < 4 || rows > most || len(dst) < width4 {
		return 0
	}

	size, q := rows*cols, groups4.Get().(*group4)
	q.prepare(rows, cols)
	for ; done+width4 <= len(dst); done += width4 {
		q.pack(a[done*size:(done+width4)*size], size)
		q.multiply(rows, cols)            // step 1 of the package comment
		scale, regular := q.scale(rows)   // step 2
		q.tridiagonalise(rows)            // step 3
		lambda, found := q.largest(rows)  // step 4
		norms := lambda.Mul(scale).Sqrt() // step 5
		norms.Merge(q.nan, found.And(regular)).StoreSlice(dst[done:])
	}

	// Go's SSE instructions are slow while the upper halves of vector registers are in use.
	archsimd.ClearAVXUpperBits()
	groups4.Put(q)

	return done
}

// multiply computes the Gram matrices of the rows in tiles of 2×4 elements, some of them above the
// diagonal.
func (q *group4) multiply(rows, cols int) {
	row := func(i int) []x4 { return q.elements[i*cols:][:cols] }
	for i := 0; i < rows; i += 2 {
		// If rows is not a multiple of the tile size, the last tile overlaps the one before it.
		i := min(i, rows-2)
		for j := 0; j < i+2; j += 4 {
			j := min(j, rows-4)
			u, v := row(i), row(i+1)
			// Slices of equal length need no bounds checks in the loop below.
			v = v[:len(u)]
			x0, x1 := row(j)[:len(u)], row(j + 1)[:len(u)]
			x2, x3 := row(j + 2)[:len(u)], row(j + 3)[:len(u)]

			var u0, u1, u2, u3, v0, v1, v2, v3 x4
			for c := range u {
				uc, vc := u[c], v[c]
				u0, u1 = x0[c].MulAdd(uc, u0), x1[c].MulAdd(uc, u1)
				u2, u3 = x2[c].MulAdd(uc, u2), x3[c].MulAdd(uc, u3)
				v0, v1 = x0[c].MulAdd(vc, v0), x1[c].MulAdd(vc, v1)
				v2, v3 = x2[c].MulAdd(vc, v2), x3[c].MulAdd(vc, v3)
			}

			to, next := q.gram[i*most+j:], q.gram[(i+1)*most+j:]
			to[0], to[1], to[2], to[3] = u0, u1, u2, u3
			next[0], next[1], next[2], next[3] = v0, v1, v2, v3
		}
	}
}

// scale divides the Gram matrices by their traces, so that no polynomial overflows, and returns the
// traces. A trace is regular unless it is too large, too small or NaN.
func (q *group4) scale(n int) (traces x4, regular archsimd.Mask64x4) {
	for i := range n {
		traces = traces.Add(q.gram[i*most+i])
	}

	regular = traces.GreaterEqual(q.small).And(traces.LessEqual(q.large))
	inverse := q.one.Div(traces)
	for i := range n {
		for j := range i + 1 {
			q.gram[i*most+j] = q.gram[i*most+j].Mul(inverse)
		}
	}

	return traces, regular
}

// tridiagonalise does in lanes what the function tridiagonalise does.
func (q *group4) tridiagonalise(n int) {
	var zero x4
	one, half, sign := q.one, q.half, q.sign.AsInt64x4()
	for i := n - 1; i > 0; i-- {
		u, p := q.gram[i*most:][:i], q.p[:i]
		q.d[i] = q.gram[i*most+i]
		var rest x4
		for _, x := range u[:i-1] {
			rest = x.MulAdd(x, rest)
		}

		last := u[i-1]
		e2 := last.MulAdd(last, rest)
		q.e2[i] = e2
		// norm takes the sign of the last element, so that last + norm does not cancel.
		lastSign := last.AsInt64x4().And(sign)
		norm := e2.Sqrt().AsInt64x4().Or(lastSign).AsFloat64x4()
		u[i-1] = last.Add(norm)
		inverse := one.Div(last.MulAdd(norm, e2)).Masked(rest.Greater(zero)) // 0 where there is nothing to annihilate

		// Step 3 of the package comment: p becomes Au and then q.
		q.multiplyLeading(u, p)
		var up x4
		for j := range p {
			up = p[j].MulAdd(u[j], up)
		}

		c := up.Mul(inverse).Mul(half)
		for j := range p {
			p[j] = p[j].Sub(c.Mul(u[j])).Mul(inverse)
		}

		for j := range u {
			row, uj, pj := q.gram[j*most:][:j+1], u[j], p[j]
			for l := range row {
				row[l] = row[l].Sub(uj.MulAdd(p[l], pj.Mul(u[l])))
			}
		}
	}

	q.d[0], q.e2[0] = q.gram[0], zero
}

// multiplyLeading does in lanes what multiplySymmetric does.
func (q *group4) multiplyLeading(u, p []x4) {
	for j, uj := range u {
		row := q.gram[j*most:][:j+1]
		sum := row[j].Mul(uj)
		for l, x := range row[:j] {
			sum = x.MulAdd(u[l], sum)
			p[l] = x.MulAdd(uj, p[l])
		}
		p[j] = sum
	}
}

// largest does in lanes what largestTridiagonal does, for matrices of trace 1 without negative
// eigenvalues. found marks the lanes in which it found the eigenvalue.
//
// It uses Laguerre's method too, but computes the characteristic polynomial and its derivatives by
// their recurrences, which need no division. A step from x falls short of the eigenvalue by about
// step·(x−λ₁)²·Σ1/(x−λᵢ)² over the other eigenvalues. That error is at most crowd²·step; a lane
// stops once it is within the tolerance. It also stops if rounding carried a step past the
// eigenvalue, which cannot happen in exact arithmetic; the eigenvalue is then found if no other one
// was near.
func (q *group4) largest(n int) (lambda x4, found archsimd.Mask64x4) {
	var zero x4
	order, others, tol := q.order, q.others, q.tol
	x := q.start // no eigenvalue exceeds the trace, 1
	active, crowd := x.Greater(zero), q.one
	for range steps {
		p, p1, p2, least := q.polynomial(n, x)
		s1, pairs := p1.Div(p), p2.Div(p) // Σ 1/(x−λᵢ) and Σ over i ≠ j of 1/(x−λᵢ)(x−λⱼ)
		s2 := s1.Mul(s1).Sub(pairs)       // Σ 1/(x−λᵢ)²
		spread := order.Mul(s2).Sub(s1.Mul(s1))
		step := order.Div(s1.Add(others.Mul(spread).Max(zero).Sqrt()))

		// A minor ≤ 0: rounding carried the last step past the eigenvalue.
		passed := least.LessEqual(zero)
		found = found.Or(active.And(passed).And(crowd.LessEqual(q.few)))
		active = active.And(least.Greater(zero))
		x = x.Sub(step.Masked(active))

		// rest bounds what the next step could still change.
		crowd = pairs.Div(s2)
		rest := step.Mul(crowd.Mul(crowd)).Mul(order).Min(step)
		found = found.Or(active.And(rest.LessEqual(tol)))
		active = active.And(rest.Greater(tol))
		if active.ToBits() == 0 {
			break
		}
	}

	return x, found
}

// polynomial returns det(xI − T), its first two derivatives, and the smallest leading principal
// minor, which is positive if and only if x is above every eigenvalue.
func (q *group4) polynomial(n int, x x4) (p, p1, p2, least x4) {
	var zero, last, last1, last2 x4 // the previous minor and its derivatives
	p, least = q.one, q.one
	for i := range n {
		// pᵢ₊₁ = (x − dᵢ)pᵢ − eᵢ²pᵢ₋₁, differentiated once and twice.
		t, minus := x.Sub(q.d[i]), zero.Sub(q.e2[i])
		next := t.MulAdd(p, minus.Mul(last))
		next1 := t.MulAdd(p1, minus.MulAdd(last1, p))
		next2 := t.MulAdd(p2, minus.MulAdd(last2, p1.Add(p1)))

		last, last1, last2 = p, p1, p2
		p, p1, p2 = next, next1, next2
		least = least.Min(p)
	}

	return p, p1, p2, least
}
