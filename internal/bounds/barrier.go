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
	hasty   bool      // takes the first step that lowers the potential
	hessian []float64 // the memory of the last one, which the next takes
}

const (
	// optimumTolerance is how far ρ is from its least, relatively, at the end of the path.
	optimumTolerance = 1e-4
	// firstKappa and growth are the first κ, beside the order of M, and by how much it grows.
	firstKappa, growth = 0.01, 5
	// centred is the square of Newton's decrement from which on a point is near enough to a
	// minimum.
	centred = 0.5
	// roughSteps is how many of the first steps use the blocks of the Hessian alone at most. In a
	// deep chain some steps pass before the outputs have an effect on the inputs, and these are
	// cheap.
	roughSteps = 30
	// mostSteps ends a path that rounding holds up.
	mostSteps = 150
	// long is the number of multipliers from which on a Hessian serves for two steps: it costs far
	// more than the rest. Shorter programs keep the steps with which series have been recorded.
	long = 2048
)

// solve returns multipliers near the optimum, from those that prove a bound; nil if rounding lets
// none be found.
func (p *program) solve(bound float64, t [][]float64) *iterate {
	const slack = 1.5 // keeps the start off the boundary

	// The multipliers t of the proved bound, as λ = ρ/t with ρ = bound².
	lambda := make([][]float64, len(t))
	for i, s := range p.stages {
		for _, j := range s.active {
			lambda[i] = append(lambda[i], bound*bound/t[i][j])
		}
	}

	start, ok := p.at(slack*bound*bound, lambda)
	if !ok {
		return nil
	}

	order := float64(p.order())
	way := path{program: p, at: start, kappa: firstKappa * order}
	// Rough steps use the blocks of the Hessian alone: the start is far from the path, where the
	// coupling between layers does not matter yet.
	for range roughSteps {
		done, ok := way.step(false, way.kappa)
		if done || !ok {
			break
		}
	}

	// At the last κ the gap between ρ and its least value is order/κ, relatively.
	way.follow(order/optimumTolerance, growth, nil)

	return way.at
}

// isLong says that Hessians are so large that each serves for two steps.
func (p *program) isLong() bool {
	return p.multipliers() >= long
}

// follow goes along the path to the minimum for the last κ, or until enough, if not nil, says so.
// κ grows whenever the point is near the minimum for the present κ.
func (w *path) follow(last, growth float64, enough func(rho float64) bool) {
	// Who went onward from near a minimum only comes less near to the last one: one step more makes
	// up for that.
	left := 1
	if w.program.isLong() {
		left = 2
	}

	for range mostSteps {
		done, ok := w.step(true, min(growth*w.kappa, last))
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

// step takes a step of Newton's method towards the minimum, by the whole Hessian or by its blocks.
// It reports whether the step began near the minimum; ok is false if there was no step to take. In
// a long program a step that begins there goes on towards the minimum for the next κ.
func (w *path) step(whole bool, next float64) (done, ok bool) {
	d := w.program.derive(w.at, whole, &w.hessian)
	d.gradient[0] += w.kappa
	if !d.factor() {
		return false, false
	}

	direction := d.newton()

	// The square of Newton's decrement is twice the decrease that the quadratic model promises.
	// When it is small, the full step converges quadratically and needs no search.
	decrement := -floats.Dot(d.gradient, direction)
	if decrement < centred {
		if w.onward(d, next) {
			return false, true
		}

		next, ok := w.moved(1, direction)
		if ok && w.value(next) <= w.value(w.at) {
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

// onward goes from near a minimum towards that for the next κ, in a long program, with the Hessian
// that is factored already: it does not depend on κ. It reports whether it got there.
func (w *path) onward(d *derivatives, next float64) bool {
	if next <= w.kappa || !w.program.isLong() {
		return false
	}

	before := w.kappa
	d.gradient[0] += next - before
	w.kappa = next

	better := w.search(d.newton())
	// Rounding has the last word here: one more step at the old κ may mend it.
	if better == nil {
		w.kappa = before
		return false
	}

	w.at = better

	return true
}

// factor overwrites the Hessian by its Cholesky factor. Its blocks do not overlap, so each is
// factored alone; the whole is just one.
func (d *derivatives) factor() (ok bool) {
	const ridge = 1e-13 // of the diagonal, for the rounding of the others
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

// newton returns the step −H⁻¹g by the factor of H.
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

// value returns the potential.
func (w *path) value(y *iterate) float64 {
	weight := w.kappa + float64(w.program.inputs())
	return weight*math.Log(y.rho) + y.scatter
}

// search goes in a direction to about the minimum, nil if it finds nothing lower.
func (w *path) search(direction []float64) *iterate {
	const (
		farthest = 5    // the first trial multiplies no variable by more than e⁵
		nearest  = 1e-6 // the last one
	)
	var best *iterate
	lowest, length := w.value(w.at), 0.0
	improves := func(a float64) bool {
		next, ok := w.moved(a, direction)
		if !ok {
			return false
		}

		value := w.value(next)
		// A NaN is no improvement either.
		if !(value < lowest) {
			return false
		}

		best, lowest, length = next, value, a
		return true
	}

	// Halve the step until it improves, then stretch it while it pays, and at last try some lengths
	// beside it: an evaluation costs far less than a new Hessian.
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

// moved goes so far in a direction of logarithms; ok is false outside the domain.
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
	return w.program.at(rho, lambda)
}
