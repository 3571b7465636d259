package bounds

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// nearestToOrigin returns the point x of the convex hull of the points g that is nearest to 0, up
// to a factor. If 0 is in the hull, x is 0 or, because of rounding errors, some small vector.
//
// It is Σ y_i g_i for the y ≥ 0 that minimise ‖Σ y_i (g_i, 1) − (0, 1)‖, found by the non-negative
// least squares method of C. L. Lawson and R. J. Hanson (Solving Least Squares Problems, 1974, ch.
// 23).
func nearestToOrigin(g [][]float64) (x, y []float64) {
	y = make([]float64, len(g))
	x = make([]float64, len(g[0]))
	var support []int // the indices with y > 0
	memory := new(squares)
	// It takes about len(g) rounds. The limit keeps rounding errors from causing an endless loop.
	for range 10 * len(g) {
		i := steepestIndex(g, x, y) // to enter the support
		// If the steepest index is already in the support, only rounding errors make it the
		// steepest.
		if i < 0 || slices.Contains(support, i) {
			break
		}

		support = memory.restrict(g, y, append(support, i))
		clear(x)
		for _, k := range support {
			floats.AddScaled(x, y[k], g[k])
		}
	}

	return x, y
}

// steepestIndex returns the i for which raising y_i reduces the residual (−x, 1 − Σy) fastest, or
// −1 if there is none.
func steepestIndex(g [][]float64, x, y []float64) int {
	const noise = 1e-15
	best, at := noise, -1
	for i, p := range g {
		descent := 1 - floats.Sum(y) - floats.Dot(p, x)
		if descent > best {
			best, at = descent, i
		}
	}
	return at
}

// restrict moves y towards the least squares solution on the support. Elements that reach 0 leave
// the support. It returns the remaining support, on which y is the solution and positive.
func (q *squares) restrict(g [][]float64, y []float64, support []int) []int {
	for len(support) > 0 {
		s := q.solve(g, support)
		// step is how far y can move before its first element becomes negative.
		step, leaving := 1.0, -1
		for k, i := range support {
			if s[k] > 0 {
				continue
			}
			stop := 0.0
			if y[i] > 0 {
				stop = y[i] / (y[i] - s[k])
			}
			if leaving < 0 || stop < step {
				step, leaving = stop, k
			}
		}

		for k, i := range support {
			y[i] += step * (s[k] - y[i])
		}

		if leaving < 0 {
			break
		}

		y[support[leaving]] = 0
		support = slices.Delete(support, leaving, leaving+1)
	}

	return support
}

// squares holds the buffers for least squares problems.
type squares struct{ a, b, tau, work []float64 }

// solve returns the s that minimises ‖Σ s_k (g_k, 1) − (0, 1)‖ over k in the support. It calls
// LAPACK directly, because gonum's QR would also compute the condition number each time, which
// takes longer.
func (q *squares) solve(g [][]float64, support []int) []float64 {
	// LAPACK's QR needs at least as many rows as columns. Rows of zeros do not change the solution.
	last, cols := len(g[0]), len(support)
	rows := max(last+1, cols)
	q.a, q.b = cleared(q.a, rows*cols), cleared(q.b, rows)
	q.tau = cleared(q.tau, cols)
	// LAPACK processes up to this number of columns as one block, for which the workspace needs one
	// number per column.
	const block = 32
	if need := cols; len(q.work) < need {
		if cols > block {
			need = 64 * (cols + 65)
		}
		q.work = make([]float64, max(need, block))
	}

	for k, i := range support {
		for r, v := range g[i] {
			q.a[r*cols+k] = v
		}

		q.a[last*cols+k] = 1
	}

	q.b[last] = 1
	a := blas64.General{
		Rows:   rows,
		Cols:   cols,
		Stride: cols,
		Data:   q.a,
	}
	b := blas64.General{Rows: rows, Cols: 1, Stride: 1, Data: q.b}
	lapack64.Geqrf(a, q.tau, q.work, len(q.work))
	lapack64.Ormqr(blas.Left, blas.Trans, a, q.tau, b, q.work, len(q.work))

	r := blas64.Triangular{
		Uplo:   blas.Upper,
		Diag:   blas.NonUnit,
		N:      cols,
		Stride: cols,
		Data:   q.a[:cols*cols],
	}
	if !lapack64.Trtrs(blas.NoTrans, r, blas64.General{Rows: cols, Cols: 1, Stride: 1, Data: q.b[:cols]}) {
		return make([]float64, cols)
	}

	return q.b[:cols]
}

// cleared returns n zeros, reusing the memory of v if it is large enough.
func cleared(v []float64, n int) []float64 {
	v = slices.Grow(v[:0], n)[:n]
	clear(v)
	return v
}
