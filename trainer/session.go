package trainer

import (
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// session is a network in training, in one precision.
type session[T linalg.Float] struct {
	config     Config
	train      points[T]
	test       points[T]
	batches    *batches[T]
	model      *model[T]
	graphs     map[int]*graph[T] // by batch size
	updater    updater[T]
	evaluator  *evaluator[T]
	aside      *evaluator[T] // with its own copy of the model; nil until needed
	attack     *attack[T]
	penalty    *penalty[T]
	constraint *constraint[T]
	follower   *follower[T]
	start      []T // θ₀
	marked     []T // θ at the start of the epoch
}

func newSession[T linalg.Float](c Config, data *dataset.Dataset) (*session[T], error) {
	m, err := newModel[T](c, shapeOfPoints(data), data.Outputs())
	if err != nil {
		return nil, err
	}

	s := &session[T]{
		config: c,
		train:  newPoints[T](data.Train, data),
		test:   newPoints[T](data.Test, data),
		model:  m,
		graphs: map[int]*graph[T]{},
	}

	s.batches = newBatches(s.train, c)
	s.updater = newUpdater[T](c.Optimizer, len(s.model.params))
	s.evaluator = newEvaluator(s.model, c.objective(), chunkRows(s.model))
	s.attack = newAttack(c, s.model)
	s.constraint = newConstraint(s.model, c.Constraint)
	s.follower = newFollower[T](c, len(s.model.params))
	if c.Dropout > 0 {
		s.model.dropout = newDropout(c, m.layers, s.batches.size)
	}

	// The distance is measured from the start, the step of an epoch from the mark.
	s.start = slices.Clone(s.model.params)
	s.marked = slices.Clone(s.model.params)
	s.penalty = newPenalty(c, s.model, s.train, s.marked)
	// A Gorgonia graph has a fixed number of rows, so a smaller last batch needs its own.
	for _, rows := range s.batches.sizes() {
		g, err := newGraph(s.model, c.objective(), rows)
		if err != nil {
			return nil, fmt.Errorf("building the graph for batches of %d: %w", rows, err)
		}

		s.graphs[rows] = g
	}

	return s, nil
}

// occupy reserves the processors that a run needs until release is called: its own and, if an
// update shares work with a second processor, a spare one for the Go runtime.
func (s *session[T]) occupy() (release func()) {
	own := processors.Occupy()
	if !s.sharesOut() {
		return own
	}

	spare := processors.KeepSpare()
	return func() {
		spare()
		own()
	}
}

// sharesOut reports whether an update has work for a second processor.
func (s *session[T]) sharesOut() bool {
	return slices.ContainsFunc(s.model.layers, func(l module[T]) bool {
		return l.sharesOut(s.batches.size)
	})
}

func (s *session[T]) updatesPerEpoch() int {
	return s.batches.batchCount()
}

func (s *session[T]) update(epoch, batch int, rate float64) (loss float64, err error) {
	// First the points and the dropout masks, then the gradient of the loss, then what adds to or
	// limits this gradient.
	b := s.attack.perturb(s.batches.batch(epoch, batch), epoch, batch)
	s.model.dropout.draw(epoch, batch, b.rows)
	loss, err = s.graphs[b.rows].runBatch(b.x, b.y)
	if err != nil {
		return 0, err
	}

	s.penalty.addGradient(epoch)
	clipNorm(s.model.grad, s.config.ClipNorm)

	// The follower must see the gradient before the updater, which may overwrite it.
	s.follower.begin(s.model.params, s.model.grad)
	s.updater.update(s.model.params, s.model.grad, rate)
	s.constraint.apply()

	return loss, nil
}

func (s *session[T]) lastUpdate() (length, gradient float64) {
	return s.follower.length(s.model.params), s.follower.grad
}

func (s *session[T]) mark() {
	copy(s.marked, s.model.params)
}

func (s *session[T]) distances() (norm, fromStart, fromMark float64) {
	for i, v := range s.model.params {
		size := float64(v)
		start, mark := float64(v-s.start[i]), float64(v-s.marked[i])
		norm += size * size
		fromStart += start * start
		fromMark += mark * mark
	}

	return math.Sqrt(norm), math.Sqrt(fromStart), math.Sqrt(fromMark)
}

func (s *session[T]) evaluate() Evaluation {
	return s.evaluator.evaluate(s.train, s.test)
}

func (s *session[T]) reaches(stop Stop) bool {
	return s.evaluator.reaches(stop, s.train)
}

func (s *session[T]) network() *network.Network {
	return s.model.network()
}

// reachesAside copies the parameters, because training changes them while the returned function
// runs.
func (s *session[T]) reachesAside(stop Stop) func() bool {
	if s.aside == nil {
		m := s.model.copied()
		s.aside = newEvaluator(m, s.config.objective(), chunkRows(m))
	}

	copy(s.aside.model.params, s.model.params)

	return func() bool { return s.aside.reaches(stop, s.train) }
}
