package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// Adversarial replaces the points of every update by nearby points with a larger loss, found by
// projected gradient ascent (Madry et al. 2018) on the network without dropout. It follows
// the code of Khromov and Singh, but without the projection onto [0, 1], which only makes sense for
// pixels.
type Adversarial struct {
	// Eps ≥ 0 is the largest distance from the clean point; 0 turns it off.
	Eps float64
	// Norm measures that distance and determines the direction of the steps.
	Norm AttackNorm
	// Steps ≥ 1 is the number of steps. Step k = 0, 1, … has length Rate·Decay^k before it is
	// projected; Rate > 0, Decay in (0, 1].
	Steps       int
	Rate, Decay float64
	// Noise ≥ 0 is the standard deviation of the random start around the clean point.
	Noise float64
}

// settings binds the keys of adversarial training.
func (a *Adversarial) settings(s *settings.Set) {
	settings.Var(s, &a.Eps, "train.adversarial.eps", settings.OrZero(settings.NonNegative, "off"), 0,
		"radius within which training points are perturbed to raise the loss (the paper's adv_train)")
	settings.Var(s, &a.Norm, "train.adversarial.norm", settings.Choice[AttackNorm](attackNorms),
		Attack2, "norm of the perturbation")

	settings.Var(s, &a.Steps, "train.adversarial.steps", settings.Integer(1), 10,
		"steps of gradient ascent; an update takes steps + 1 times as long")
	settings.Var(s, &a.Rate, "train.adversarial.rate", settings.Positive, 20,
		"length of the first step, before projection")
	settings.Var(s, &a.Decay, "train.adversarial.decay", settings.Factor, 0.95,
		"factor on the step length after every step")
	settings.Var(s, &a.Noise, "train.adversarial.noise", settings.NonNegative, 1e-4,
		"standard deviation of the random start around the clean point")
}

// AttackNorm is the norm in which perturbations are measured.
type AttackNorm int

const (
	// Attack2 steps along the gradient, scaled to 2-norm 1.
	Attack2 AttackNorm = iota
	// AttackInf steps along the signs of the gradient.
	AttackInf
)

var attackNorms = []string{Attack2: "2", AttackInf: "inf"}

// String returns the name of the norm: 2 or inf.
func (n AttackNorm) String() string {
	return attackNorms[n]
}

// attack perturbs batches. Its random draws depend only on the seed, the epoch and the batch.
type attack[T linalg.Float] struct {
	Adversarial
	seed      uint64
	evaluator *evaluator[T]
	views     map[int]batch[T] // by number of rows
}

// newAttack returns nil, which perturbs nothing, if the attack is off.
func newAttack[T linalg.Float](c Config, m *model[T]) *attack[T] {
	if c.Adversarial.Eps == 0 {
		return nil
	}
	e := newEvaluator(m, c.objective(), chunkRows(m))
	return &attack[T]{
		Adversarial: c.Adversarial,
		seed:        c.Seed,
		evaluator:   e,
		views:       map[int]batch[T]{},
	}
}

// perturb returns the batch with perturbed points. The result is valid until the next call.
func (a *attack[T]) perturb(b batch[T], epoch, index int) batch[T] {
	if a == nil {
		return b
	}

	clean, y := b.x.Data().([]T), b.y.Data().([]T)
	dim, classes := len(clean)/b.rows, len(y)/b.rows
	view, ok := a.views[b.rows]
	if !ok {
		points := viewOf(make([]T, len(clean)), b.rows, dim)
		view = batch[T]{rows: b.rows, x: points.tensor}
		a.views[b.rows] = view
	}

	view.y = b.y
	x := view.x.Data().([]T)
	// Noise first: at the point itself the gradient may vanish.
	r := rng.Stream(a.seed, "adversarial", uint64(epoch), uint64(index))
	for i, v := range clean {
		x[i] = v + T(a.Noise*r.NormFloat64())
	}

	// The evaluator takes chunks; the result for a point does not depend on the other points.
	step := a.evaluator.rows
	for from := 0; from < b.rows; from += step {
		to := min(from+step, b.rows)
		a.climb(x[from*dim:to*dim], clean[from*dim:to*dim], y[from*classes:to*classes], dim)
	}

	return view
}

// climb makes all ascent steps for the points x, in place.
func (a *attack[T]) climb(x, clean, y []T, dim int) {
	rate := a.Rate
	for range a.Steps {
		grad := a.evaluator.inputGradient(x, y, len(x)/dim)
		for i := 0; i < len(x); i += dim {
			point, centre, grad := x[i:i+dim], clean[i:i+dim], grad[i:i+dim]
			if a.Norm == AttackInf {
				stepInf(point, centre, grad, T(rate), T(a.Eps))
			} else {
				step2(point, centre, grad, rate, a.Eps)
			}
		}

		rate *= a.Decay
	}
}

// step2 moves x along the gradient by rate, then projects it onto the ball of radius eps around the
// centre. If the gradient is 0, there is no direction to move in.
func step2[T linalg.Float](x, centre, grad []T, rate, eps float64) {
	along := 0.0
	norm := math.Sqrt(linalg.SumSquares(grad))
	if norm > 0 {
		along = rate / norm
	}

	var squares float64
	for i, c := range centre {
		x[i] += T(along * float64(grad[i]))
		d := float64(x[i] - c)
		squares += d * d
	}

	distance := math.Sqrt(squares)
	if distance <= eps {
		return
	}

	back := T(eps / distance)
	for i, c := range centre {
		x[i] = c + back*(x[i]-c)
	}
}

// stepInf moves x along the signs of the gradient by rate, then clips it to within eps of the
// centre.
func stepInf[T linalg.Float](x, centre, grad []T, rate, eps T) {
	for i, c := range centre {
		switch {
		case grad[i] > 0:
			x[i] += rate
		case grad[i] < 0:
			x[i] -= rate
		}
		x[i] = min(max(x[i], c-eps), c+eps)
	}
}
