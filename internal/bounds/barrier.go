package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
)

// path follows the minima of the potential κ·log ρ + d·log ρ + Σ log λ − log det M as κ grows: step
// (6) of docs/lipsdp.md.
type path struct {
	program *program
	kappa   float64
	at      *iterate
	hasty   bool      // accept the first step that lowers the potential, without a line search
	hessian []float64 // buffer of the last Hessian, reused by the next one
}

const (
	// optimumTolerance is the relative distance of ρ from its minimum at the end of the path.
	optimumTolerance = 1e-4
	// firstKappa is the first κ as a multiple of the order of M; growth is the factor by which κ
	// grows.
	firstKappa, growth = 0.01, 5
	// centred is the squared Newton decrement below which a point counts as close to a minimum.
	centred = 0.5
	// roughSteps is the maximum number of initial steps that use only the diagonal blocks of the
	// Hessian. In a deep chain it takes some steps until the outputs affect the inputs, and these
	// steps are cheap.
	roughSteps = 30
	// mostSteps ends a path that rounding errors keep from converging.
	mostSteps = 150
	// long is the number of multipliers from which each Hessian serves for two steps, because it
	// then costs far more than the rest. Shorter programs keep the steps with which existing series
	// were recorded.
	long = 2048
)

// solve returns multipliers near the optimum, starting from the multipliers t that prove the bound.
// It returns nil if rounding errors prevent a start.
func (p *program) solve(bound float64, t [][]float64) *iterate {
	const slack = 1.5 // keeps the start away from the boundary

	// The multipliers t of the proved bound become λ = ρ/t with ρ = bound².
	lambda := make([][]float64, len(t))
	for i, s := range p.stages {
		for _, j := range s.active {
			lambda[i] = append(lambda[i], bound*bound/t[i][j])
		}
	}

	start, ok := p.iterateAt(slack*bound*bound, lambda)
	if !ok {
		return nil
	}

	order := float64(p.order())
	way := path{program: p, at: start, kappa: firstKappa * order}
	// Rough steps use only the diagonal blocks of the Hessian: the start is far from the path,
	// where the coupling between layers does not matter yet.
	for range roughSteps {
		done, ok := way.newtonStep(false, way.kappa)
		if done || !ok {
			break
		}
	}

	// At the last κ the relative gap between ρ and its minimum is order/κ.
	way.followPath(order/optimumTolerance, growth, nil)

	return way.at
}

// isLong reports whether the Hessians are so large that each one serves for two steps.
func (p *program) isLong() bool {
	return p.multipliers() >= long
}

// followPath follows the path to the minimum for the last κ. It stops early if enough is not nil
// and returns true. κ grows whenever the point is near the minimum for the current κ.
func (w *path) followPath(last, growth float64, enough func(rho float64) bool) {
	// A step taken by onward reuses the old Hessian and ends less close to the last minimum. One
	// more step makes up for that.
	left := 1
	if w.program.isLong() {
		left = 2
	}

	for range mostSteps {
		done, ok := w.newtonStep(true, min(growth*w.kappa, last))
		if done && w.kappa >= last {
			left--
		}

		if !ok || left == 0 || enough != nil && enough(w.at.rho) {
			return
		}

		if done {
			w.kappa = min(growth*w.kappa, last)
		}
	}
}

// newtonStep takes a Newton step towards the minimum, with the whole Hessian or only its diagonal
// blocks. done reports whether the step began near the minimum; ok is false if no step was
// possible. In a long program, a step that begins near the minimum moves on towards the minimum for
// the next κ.
func (w *path) newtonStep(whole bool, next float64) (done, ok bool) {
	d := w.program.derive(w.at, whole, &w.hessian)
	d.gradient[0] += w.kappa
	if !d.factor() {
		return false, false
	}

	direction := d.newton()

	// The squared Newton decrement is twice the decrease that the quadratic model predicts. When it
	// is small, the full step converges quadratically and needs no line search.
	decrement := -floats.Dot(d.gradient, direction)
	if decrement < centred {
		if w.onward(d, next) {
			return false, true
		}

		next, ok := w.moved(1, direction)
		if ok && w.potential(next) <= w.potential(w.at) {
			w.at = next
		}

		return true, true
	}

	better := w.search(direction)
	if better == nil {
		return false, false
	}

	w.at = better

	return false, true
}

// onward moves, in a long program, from near a minimum towards the minimum for the next κ. It uses
// the Hessian that is already factored, which does not depend on κ. It reports whether it found a
// better point.
func (w *path) onward(d *derivatives, next float64) bool {
	if next <= w.kappa || !w.program.isLong() {
		return false
	}

	before := w.kappa
	d.gradient[0] += next - before
	w.kappa = next

	better := w.search(d.newton())
	// Rounding errors can prevent progress here. One more step at the old κ may help.
	if better == nil {
		w.kappa = before
		return false
	}

	w.at = better

	return true
}

// factor overwrites the Hessian with its Cholesky factor. The blocks do not overlap, so each one is
// factored separately; the whole Hessian is a single block.
func (d *derivatives) factor() (ok bool) {
	const ridge = 1e-13 // of the diagonal, covers rounding errors in the other entries
	for _, b := range d.blocks {
		for i := range b.order {
			b.data[i*b.order+i] *= 1 + ridge
		}

		if !linalg.Cholesky(b.order, b.data) {
			return false
		}
	}

	return true
}

// newton returns the step −H⁻¹g, given the Cholesky factor of H.
func (d *derivatives) newton() []float64 {
	direction := make([]float64, len(d.gradient))
	floats.SubTo(direction, direction, d.gradient)

	for _, b := range d.blocks {
		// H = LLᵀ, so two triangular solves give the step.
		l := blas64.Triangular{
			Uplo:   blas.Lower,
			Diag:   blas.NonUnit,
			N:      b.order,
			Data:   b.data,
			Stride: b.order,
		}
		v := blas64.Vector{
			N:    b.order,
			Data: direction[b.from:][:b.order],
			Inc:  1,
		}
		blas64.Trsv(blas.NoTrans, l, v)
		blas64.Trsv(blas.Trans, l, v)
	}

	return direction
}

// potential returns the potential.
func (w *path) potential(y *iterate) float64 {
	weight := w.kappa + float64(w.program.inputs())
	return weight*math.Log(y.rho) + y.scatter
}

// search returns the approximate minimum along a direction, or nil if it finds no lower value.
func (w *path) search(direction []float64) *iterate {
	const (
		farthest = 5    // the first trial multiplies no variable by more than e⁵
		nearest  = 1e-6 // shortest step tried
	)
	var best *iterate
	lowest, length := w.potential(w.at), 0.0
	improves := func(a float64) bool {
		next, ok := w.moved(a, direction)
		if !ok {
			return false
		}

		value := w.potential(next)
		// A NaN is no improvement either.
		if !(value < lowest) {
			return false
		}

		best, lowest, length = next, value, a
		return true
	}

	// Halve the step until it improves, then lengthen it while that helps, and finally try some
	// nearby lengths: an evaluation costs far less than a new Hessian.
	a := min(1, farthest/floats.Norm(direction, math.Inf(1)))
	for !improves(a) {
		if a /= 2; a < nearest {
			return nil
		}
	}

	if w.hasty {
		return best
	}

	for improves(1.5 * length) {
	}

	for _, factor := range []float64{1.2, 0.85, 1.1, 0.93} {
		improves(factor * length)
	}

	return best
}

// moved returns the iterate at a step of the given length along direction, in log ρ and log λ. ok
// is false outside the domain.
func (w *path) moved(length float64, direction []float64) (next *iterate, ok bool) {
	// Steps are taken in logarithms, which keeps ρ and λ positive.
	rho := w.at.rho * math.Exp(length*direction[0])
	lambda := make([][]float64, len(w.at.lambda))
	rest := direction[1:]
	for i, l := range w.at.lambda {
		lambda[i] = slices.Clone(l)
		for k := range l {
			lambda[i][k] *= math.Exp(length * rest[k])
		}
		rest = rest[len(l):]
	}
	return w.program.iterateAt(rho, lambda)
}
