package bounds

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// program is the semidefinite program of LipSDP-Neuron for a chain, in the form of docs/lipsdp.md,
// whose steps the comments cite as (1), (2), ….
type program struct {
	first  *mat.Dense // F with FFᵀ = W₁W₁ᵀ, with at most as many columns as W₁ has rows
	stages []stage
}

// stage is a hidden layer of a program: its neurons' slopes mid ± radius, and the weight that
// follows.
type stage struct {
	slopes slopes
	next   *mat.Dense
	active []int // the neurons with radius > 0; only they have a multiplier
}

// newProgram returns the program of a chain with hidden layers.
func newProgram(c *chain) *program {
	p := &program{first: c.firstEllipsoid().f}
	for i, l := range c.hidden() {
		p.stages = append(p.stages, stage{l.slopes, c.links[i+1].w, l.slopes.open()})
	}
	return p
}

// inputs returns the dimension of the x that represents the inputs.
func (p *program) inputs() int {
	_, d := p.first.Dims()
	return d
}

// multipliers returns the number of neurons with a multiplier.
func (p *program) multipliers() int {
	n := 0
	for _, s := range p.stages {
		n += len(s.active)
	}
	return n
}

// order returns the order of M.
func (p *program) order() int {
	return p.inputs() + p.multipliers()
}

// iterate is a point ρ, λ with M(ρ, λ) ≻ 0, and the results of the backward pass (3) at that point.
type iterate struct {
	rho    float64
	lambda [][]float64 // by stage and active neuron

	factors []blas64.Triangular // L of I − T^½ΩT^½ over the active neurons of each stage
	lifted  []*mat.Dense        // L⁻¹T^½ΩA of each stage
	input   blas64.Triangular   // L of ρI − FᵀΩ′F
	scatter float64             // −log det M + Σ log λ
}

// iterateAt makes the backward pass (3) from the outputs through the layers. ok is false if M is
// not positive definite.
func (p *program) iterateAt(rho float64, lambda [][]float64) (y *iterate, ok bool) {
	h := len(p.stages)
	y = &iterate{
		rho:     rho,
		lambda:  lambda,
		factors: make([]blas64.Triangular, h),
		lifted:  make([]*mat.Dense, h),
	}

	var omega *mat.Dense // Ω′ of the following layer; nil stands for I
	for i := h - 1; i >= 0; i-- {
		s := &p.stages[i]
		omega, ok = y.passBack(s, i, congruent(s.next, omega))
		if !ok {
			return nil, false
		}
	}

	return y, y.reachInput(congruent(p.first, omega))
}

// passBack makes step (3) backward through the activation of stage i. It returns Ω′, given Ω, which
// is propagated from the following layers to the outputs of the stage.
func (y *iterate) passBack(s *stage, i int, behind *mat.Dense) (omega *mat.Dense, ok bool) {
	n, a, lambda := len(s.slopes.mid), len(s.active), y.lambda[i]
	// AΩA, which is all of Ω′ for neurons with a known slope.
	omega = mapped(behind, func(to, from []float64, r int) {
		floats.ScaleTo(to, s.slopes.mid[r], from)
		floats.Mul(to, s.slopes.mid)
	})

	if a == 0 {
		return omega, true
	}

	// k is I − T^½ΩT^½ = LLᵀ over the active neurons. lifted becomes L⁻¹T^½ΩA, so liftedᵀ·lifted is
	// AΩK⁻¹ΩA.
	k := newSymmetric(a)
	lifted := mat.NewDense(a, n, nil)
	for r, j := range s.active {
		if !(lambda[r] > 0) {
			return nil, false
		}

		root, row, to := 1/math.Sqrt(lambda[r]), behind.RawRowView(j), lifted.RawRowView(r)
		for c, other := range s.active[:r+1] {
			k.Data[r*a+c] = -root * row[other] / math.Sqrt(lambda[c])
		}

		k.Data[r*a+r]++
		floats.ScaleTo(to, root, row)
		floats.Mul(to, s.slopes.mid)
	}

	l, ok := lapack64.Potrf(k)
	if !ok {
		return nil, false
	}

	y.scatter -= logDeterminant(l)
	blas64.Trsm(blas.Left, blas.NoTrans, 1, l, lifted.RawMatrix())
	y.factors[i], y.lifted[i] = l, lifted

	// Ω′ = A(Ω + ΩK⁻¹Ω)A + ΛB².
	multiply(omega, lifted.T(), lifted, 1)
	for r, j := range s.active {
		b := s.slopes.radius[j]
		omega.Set(j, j, omega.At(j, j)+lambda[r]*b*b)
	}

	return omega, true
}

// reachInput completes step (3) at the inputs, given FᵀΩ′F.
func (y *iterate) reachInput(omega *mat.Dense) bool {
	d, _ := omega.Dims()
	k := newSymmetric(d)
	for r := range d {
		for c, v := range omega.RawRowView(r)[:r+1] {
			k.Data[r*d+c] = -v
		}

		k.Data[r*d+r] += y.rho
	}

	var ok bool
	y.input, ok = lapack64.Potrf(k)
	if ok {
		y.scatter -= logDeterminant(y.input)
	}

	return ok
}

// logDeterminant returns log det LLᵀ.
func logDeterminant(l blas64.Triangular) float64 {
	sum := 0.0
	for i := range l.N {
		sum += math.Log(l.Data[i*l.Stride+i])
	}
	return 2 * sum
}

// congruent returns wᵀ·s·w, where a nil s stands for I.
func congruent(w, s *mat.Dense) *mat.Dense {
	right := w
	if s != nil {
		right = product(s, w)
	}
	return product(w.T(), right)
}

// product returns a·b. It is empty if b is.
func product(a, b mat.Matrix) *mat.Dense {
	rows, _ := a.Dims()
	_, cols := b.Dims()
	if cols == 0 {
		return new(mat.Dense)
	}
	c := mat.NewDense(rows, cols, nil)
	multiply(c, a, b, 0)
	return c
}

// multiply sets c to a·b + beta·c, where a and b are dense matrices or their transposes. A large
// product is shared between processors, in parts that do not depend on their number.
func multiply(c *mat.Dense, a, b mat.Matrix, beta float64) {
	x, transA := stored(a)
	y, transB := stored(b)
	z := c.RawMatrix()
	_, k := a.Dims()
	linalg.Split(z.Rows, z.Cols, k, func(part linalg.Part) {
		linalg.GemmPart(
			part, transA, transB, k,
			1, x.Data, x.Stride, y.Data, y.Stride,
			beta, z.Data, z.Stride,
		)
	})
}

// stored returns a matrix as it is stored in memory, and whether it is stored transposed.
func stored(a mat.Matrix) (m blas64.General, transposed bool) {
	t, transposed := a.(mat.Transpose)
	if transposed {
		a = t.Matrix
	}
	return a.(*mat.Dense).RawMatrix(), transposed
}
