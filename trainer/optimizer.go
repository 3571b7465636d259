package trainer

import (
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/vec"
)

// Optimizer is an update rule with its settings, as PyTorch defines them.
type Optimizer struct {
	Kind OptimizerKind
	// LearningRate is the base rate, > 0, multiplied by the schedule's factor.
	LearningRate float64
	// Momentum in [0, 1) and Nesterov apply to SGD only; the defaults are 0 and false.
	Momentum float64
	Nesterov bool
	// WeightDecay ≥ 0: SGD and Adam add WeightDecay·θ to the gradient, AdamW shrinks the parameters
	// directly.
	WeightDecay float64
	// Beta1, Beta2 in [0, 1) and Epsilon > 0 apply to Adam and AdamW only; PyTorch's defaults are
	// 0.9, 0.999 and 1e-8.
	Beta1, Beta2, Epsilon float64
}

// settings binds the keys of the update rule.
func (o *Optimizer) settings(s *settings.Set) {
	const section, decider = "train.optimizer.", "train.optimizer.name"
	// The table of update rules lists which keys each rule reads.
	only := func(row *settings.Setting) {
		var names []string
		for _, rule := range optimizers {
			if slices.Contains(rule.uses, strings.TrimPrefix(row.Key, section)) {
				names = append(names, rule.name)
			}
		}

		row.OnlyWith(decider, names...)
	}

	settings.Var(s, &o.Kind, decider, settings.Choice[OptimizerKind](OptimizerNames()), SGD,
		"update rule")
	settings.Var(s, &o.LearningRate, section+"lr", settings.Positive, 0,
		"base learning rate, multiplied by the schedule's factor").Need()
	only(settings.Var(s, &o.Momentum, section+"momentum", settings.Probability, 0,
		"momentum"))
	only(settings.Var(s, &o.Nesterov, section+"nesterov", settings.Boolean, false,
		"Nesterov's form of momentum"))
	settings.Var(s, &o.WeightDecay, section+"weight_decay", settings.NonNegative, 0,
		"weight decay, decoupled in adamw")

	// The two are one pair in PyTorch, so also in configurations.
	pair := settings.List("pair of", settings.Probability, settings.IsPair[float64])
	betas := func() []float64 { return []float64{o.Beta1, o.Beta2} }
	setBetas := func(pair []float64) { o.Beta1, o.Beta2 = pair[0], pair[1] }
	only(settings.Bind(s, betas, setBetas, section+"betas", pair, []float64{0.9, 0.999},
		"decay rates of the two moments"))
	only(settings.Var(s, &o.Epsilon, section+"eps", settings.Positive, 1e-8,
		"term added to the denominator"))

	s.Rule(func() string {
		if o.Kind != SGD || !o.Nesterov || o.Momentum > 0 {
			return ""
		}

		return "true needs train.optimizer.momentum > 0"
	}, "train.optimizer.nesterov", "train.optimizer.momentum")
}

// OptimizerKind names an update rule.
type OptimizerKind int

const (
	// SGD is stochastic gradient descent with optional momentum.
	SGD OptimizerKind = iota
	// Adam is the method of Kingma and Ba (2015).
	Adam
	// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019).
	AdamW
)

// optimizers is the table of update rules.
var optimizers = []struct {
	name string
	// uses lists the keys below train.optimizer that this rule reads but not every rule does.
	uses []string
	// make32 and make64 return the rule for size parameters, in single and double precision.
	make32 func(o Optimizer, size int) updater[float32]
	make64 func(o Optimizer, size int) updater[float64]
}{
	SGD:   {"sgd", []string{"momentum", "nesterov"}, newSGD[float32], newSGD[float64]},
	Adam:  {"adam", []string{"betas", "eps"}, newAdam[float32], newAdam[float64]},
	AdamW: {"adamw", []string{"betas", "eps"}, newAdam[float32], newAdam[float64]},
}

// OptimizerNames lists the names of all update rules.
func OptimizerNames() []string {
	names := make([]string, len(optimizers))
	for i, rule := range optimizers {
		names[i] = rule.name
	}
	return names
}

// String returns the name of the update rule.
func (k OptimizerKind) String() string {
	return optimizers[k].name
}

// updater applies an update rule to the flat parameter vector.
type updater[T linalg.Float] interface {
	// update changes theta according to the gradient, which it may overwrite.
	update(theta, grad []T, rate float64)
	// state lists the named vectors that a checkpoint must keep.
	state() []namedVector[T]
	// resume is called after the state was restored, with the number of updates made so far.
	resume(updates int)
}

type namedVector[T linalg.Float] struct {
	name   string
	values []T
}

func newUpdater[T linalg.Float](o Optimizer, size int) updater[T] {
	rule := optimizers[o.Kind]
	make, ok := any(rule.make32).(func(Optimizer, int) updater[T])
	if ok {
		return make(o, size)
	}
	return any(rule.make64).(func(Optimizer, int) updater[T])(o, size)
}

func newSGD[T linalg.Float](o Optimizer, size int) updater[T] {
	if o.Momentum != 0 {
		return &momentumSGD[T]{Optimizer: o, velocity: make([]T, size)}
	}
	return &plainSGD[T]{weightDecay: o.WeightDecay}
}

func newAdam[T linalg.Float](o Optimizer, size int) updater[T] {
	return &adam[T]{
		Optimizer: o,
		mean:      make([]T, size),
		square:    make([]T, size),
	}
}

type plainSGD[T linalg.Float] struct{ weightDecay float64 }

func (s *plainSGD[T]) update(theta, grad []T, rate float64) {
	if s.weightDecay != 0 {
		vec.AddScaled(grad, T(s.weightDecay), theta)
	}
	vec.AddScaled(theta, T(-rate), grad)
}

func (s *plainSGD[T]) state() []namedVector[T] {
	return nil
}

func (s *plainSGD[T]) resume(int) {}

type momentumSGD[T linalg.Float] struct {
	Optimizer
	velocity []T // zero at first, so that the first update uses the gradient itself
}

func (s *momentumSGD[T]) update(theta, grad []T, rate float64) {
	// PyTorch's order of operations: decay into the gradient, then the velocity, then the step.
	momentum, step := T(s.Momentum), s.velocity
	vec.AddScaled(grad, T(s.WeightDecay), theta)
	vec.Scale(s.velocity, momentum)
	vec.Add(s.velocity, grad)
	// Nesterov looks ahead: one more step of momentum along the new velocity.
	if s.Nesterov {
		vec.AddScaled(grad, momentum, s.velocity)
		step = grad
	}
	vec.AddScaled(theta, T(-rate), step)
}

func (s *momentumSGD[T]) state() []namedVector[T] {
	return []namedVector[T]{{"momentum_buffer", s.velocity}}
}

func (s *momentumSGD[T]) resume(int) {}

// adam implements Adam and AdamW.
type adam[T linalg.Float] struct {
	Optimizer
	updates      int
	mean, square []T
}

func (a *adam[T]) update(theta, grad []T, rate float64) {
	a.updates++
	correction1 := 1 - math.Pow(a.Beta1, float64(a.updates))
	correction2 := 1 - math.Pow(a.Beta2, float64(a.updates))

	// As in PyTorch's _single_tensor_adam, coefficients are computed in float64 and rounded once,
	// where they meet a tensor. The step includes the correction of the first moment. The root of
	// the second moment is divided by the root of its correction.
	s := vec.AdamStep[T]{
		Keep:       1,
		Decay:      T(a.WeightDecay),
		Beta1:      T(a.Beta1),
		Beta2:      T(a.Beta2),
		Rest1:      T(1 - a.Beta1),
		Rest2:      T(1 - a.Beta2),
		Step:       T(rate / correction1),
		Correction: T(math.Sqrt(correction2)),
		Epsilon:    T(a.Epsilon),
	}

	// AdamW shrinks the weights themselves instead of adding decay to the gradient.
	if a.Kind == AdamW {
		s.Keep, s.Decay = T(1-rate*a.WeightDecay), 0
	}

	vec.Adam(s, theta, grad, a.mean, a.square)
}

func (a *adam[T]) state() []namedVector[T] {
	return []namedVector[T]{{"exp_avg", a.mean}, {"exp_avg_sq", a.square}}
}

func (a *adam[T]) resume(updates int) {
	a.updates = updates
}

// clipNorm scales the gradient down to the given 2-norm if it is longer, as PyTorch's
// clip_grad_norm_ does: the factor is limit/(norm + 1e-6). A limit of 0 does nothing.
func clipNorm[T linalg.Float](grad []T, limit float64) {
	if limit == 0 {
		return
	}

	const epsilon = 1e-6 // PyTorch's
	norm := math.Sqrt(linalg.SumSquares(grad))
	if norm+epsilon > limit {
		vec.Scale(grad, T(limit/(norm+epsilon)))
	}
}
