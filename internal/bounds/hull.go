package bounds

import (
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// nearestToOrigin returns the point x nearest to 0 of the convex hull of the points g, up to a
// factor; where 0 is in the hull it is 0 or, by rounding, some small vector.
//
// It is Σ y_i g_i for the y ≥ 0 that minimise ‖Σ y_i (g_i, 1) − (0, 1)‖, by the non-negative least
// squares of C. L. Lawson and R. J. Hanson (Solving Least Squares Problems, 1974, ch. 23).
func nearestToOrigin(g [][]float64) (x, y []float64) {
	y = make([]float64, len(g))
	x = make([]float64, len(g[0]))
	var support []int       // where y > 0
	for range 10 * len(g) { // it takes about len(g) rounds; rounding must not make it turn for ever
		i := steepest(g, x, y) // to enter the support
		// One that is in already and still the steepest is so by rounding.
		if i < 0 || slices.Contains(support, i) {
			break
		}

		support = restrict(g, y, append(support, i))
		clear(x)
		for _, k := range support {
			floats.AddScaled(x, y[k], g[k])
		}
	}

	return x, y
}

// steepest returns the i for which raising y_i reduces the residual (−x, 1 − Σy) fastest, −1 if
// none does.
func steepest(g [][]float64, x, y []float64) int {
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

// restrict moves y towards the least squares solution on the support. Elements that become 0 on the
// way leave the support, of which it returns the rest, where y is the solution and positive.
func restrict(g [][]float64, y []float64, support []int) []int {
	for len(support) > 0 {
		s := leastSquares(g, support)
		// So far can y move before its first element becomes negative.
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

// leastSquares returns the s that minimises ‖Σ s_k (g_k, 1) − (0, 1)‖ over k in the support.
func leastSquares(g [][]float64, support []int) []float64 {
	// Gonum's QR needs at least as many rows as columns: rows of zeros change no solution.
	rows := max(len(g[0])+1, len(support))
	a, b := mat.NewDense(rows, len(support), nil), mat.NewVecDense(rows, nil)
	last := len(g[0])
	for k, i := range support {
		for r, v := range g[i] {
			a.Set(r, k, v)
		}

		a.Set(last, k, 1)
	}

	b.SetVec(last, 1)
	var qr mat.QR
	qr.Factorize(a)
	var s mat.VecDense
	qr.SolveVecTo(&s, false, b) // its error tells of ill condition, which is to be expected here

	return s.RawVector().Data
}
