package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// lastStage is LipSDP-Neuron for one hidden layer z = Gx followed by V, with few inputs and
// outputs. It is the minimum over t > 0 of the largest eigenvalue of
//
//	P = V_B T V_Bᵀ + J M⁻¹ Jᵀ,   M = I − G_BᵀT⁻¹G_B,   J = V A G,
//
// where B is the set of neurons with a radius b > 0, and G_B consists of their rows times b. For a
// unit eigenvector y of P and u = M⁻¹Jᵀy, the derivative with respect to t_j is (v_j·y)² −
// b_j²(g_j·u)²/t_j². It is 0 at t_j = b_j|g_j·u|/|v_j·y|, and each step goes half the way there, in
// logarithms. No matrix is as large as the square of the number of neurons.
type lastStage struct {
	inputs, outputs int

	active   []int
	g, v     *mat.Dense // rows of G_B, and columns of V_B stored as rows
	jacobian *mat.Dense // J

	trial []float64 // t of the active neurons
	u, y  []float64 // for the trial

	// Of the best trial, by neuron:
	t      []float64 // 1 where there is no multiplier
	gain   []float64 // the neuron's contribution to the bound
	rising []bool    // whether the larger of its slopes gives the larger bound
}

// newLastStage prepares the problem for a chain with one hidden layer. It starts from known
// multipliers, if known is not nil.
func newLastStage(c *chain, known [][]float64) *lastStage {
	first, next, slopes := c.links[0].w, c.links[1].w, c.links[0].slopes
	units, inputs := first.Dims()
	outputs, _ := next.Dims()
	s := &lastStage{
		inputs:  inputs,
		outputs: outputs,
		t:       slices.Repeat([]float64{1}, units),
		gain:    make([]float64, units),
		rising:  make([]bool, units),
		active:  slopes.open(),
	}

	middle := mapped(first, func(to, from []float64, j int) {
		floats.ScaleTo(to, slopes.mid[j], from)
	})
	s.jacobian = new(mat.Dense)
	s.jacobian.Mul(next, middle)

	rows := max(1, len(s.active)) // gonum has no empty matrices
	s.g, s.v = mat.NewDense(rows, inputs, nil), mat.NewDense(rows, outputs, nil)
	s.trial = make([]float64, len(s.active))
	for k, j := range s.active {
		floats.ScaleTo(s.g.RawRowView(k), slopes.radius[j], first.RawRowView(j))
		mat.Col(s.v.RawRowView(k), j, next)

		// M is positive definite if each t_j is at least this multiple of |g_j|².
		s.trial[k] = 2 * float64(len(s.active)) * floats.Dot(s.g.RawRowView(k), s.g.RawRowView(k))
		if known != nil {
			s.trial[k] = known[0][j]
		}
	}

	return s
}

// improve searches for the best multipliers.
func (s *lastStage) improve() {
	const (
		steps = 25
		pays  = 1e-3 // a step is idle if it lowers the bound by a smaller share
		idle  = 3    // stop after this many idle steps in a row
	)
	best, wasted := math.Inf(1), 0
	for range steps {
		value, ok := s.evaluate()
		if !ok { // M is not positive definite
			floats.Scale(2, s.trial)
			continue
		}

		wasted++
		if value < best*(1-pays) {
			wasted = 0
		}

		if value < best {
			best = value
			s.noteBest()
		}

		if wasted == idle {
			return
		}

		s.step()
	}
}

// evaluate returns the square root of the largest eigenvalue for the trial, and sets y and u.
func (s *lastStage) evaluate() (value float64, ok bool) {
	n, m := s.inputs, s.outputs
	inner, p := make([]float64, n*n), make([]float64, m*m)
	for i := range n {
		inner[i*n+i] = 1
	}

	for k, t := range s.trial {
		g, v := s.g.RawRowView(k), s.v.RawRowView(k)
		for i := range n {
			floats.AddScaled(inner[i*n:i*n+i+1], -g[i]/t, g[:i+1])
		}

		for i := range m {
			floats.AddScaled(p[i*m:(i+1)*m], t*v[i], v)
		}
	}

	if !factorSmall(n, inner) {
		return 0, false
	}

	// z holds L⁻¹Jᵀ, one row per output, so that zzᵀ = JM⁻¹Jᵀ.
	z := mat.DenseCopyOf(s.jacobian)
	for o := range m {
		solveLower(n, inner, z.RawRowView(o))
	}

	for i := range m {
		for k := range m {
			p[i*m+k] += floats.Dot(z.RawRowView(i), z.RawRowView(k))
		}
	}

	top, y := linalg.TopEigenpair(mat.NewSymDense(m, p))
	s.y, s.u = y, make([]float64, n)
	for o, v := range y {
		floats.AddScaled(s.u, v, z.RawRowView(o))
	}
	solveUpper(n, inner, s.u)

	return math.Sqrt(top), top > 0
}

// noteBest records the trial as the best.
func (s *lastStage) noteBest() {
	for k, j := range s.active {
		in, out := floats.Dot(s.g.RawRowView(k), s.u), floats.Dot(s.v.RawRowView(k), s.y)
		s.t[j] = s.trial[k]
		s.gain[j] = math.Abs(in * out)
		s.rising[j] = in*out > 0
	}
}

// step moves the multipliers of the trial half the way to where their derivatives are 0.
func (s *lastStage) step() {
	const farthest = 8 // the largest factor by which a multiplier changes
	for k, t := range s.trial {
		in, out := floats.Dot(s.g.RawRowView(k), s.u), floats.Dot(s.v.RawRowView(k), s.y)
		factor := math.Sqrt(math.Abs(in / (out * t)))
		if !(factor > 1.0/farthest) { // 0/0 is NaN
			factor = 1.0 / farthest
		}
		s.trial[k] = t * min(factor, farthest)
	}
}

// factorSmall overwrites the lower triangle of a positive definite matrix with its Cholesky factor.
// For so few inputs, calling LAPACK would take longer.
func factorSmall(n int, a []float64) (ok bool) {
	for i := range n {
		row := a[i*n : i*n+i]
		for k := range row {
			other := a[k*n : k*n+k]
			row[k] = (row[k] - floats.Dot(row[:k], other)) / a[k*n+k]
		}

		rest := a[i*n+i] - floats.Dot(row, row)
		if !(rest > 0) {
			return false
		}
		a[i*n+i] = math.Sqrt(rest)
	}
	return true
}

// solveLower solves Lx = b in place; solveUpper solves Lᵀx = b.
func solveLower(n int, l, b []float64) {
	for i := range n {
		b[i] = (b[i] - floats.Dot(l[i*n:i*n+i], b[:i])) / l[i*n+i]
	}
}

func solveUpper(n int, l, b []float64) {
	for i := n - 1; i >= 0; i-- {
		b[i] /= l[i*n+i]
		floats.AddScaled(b[:i], -b[i], l[i*n:i*n+i])
	}
}
