package trainer

import (
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// points holds the points of a split in training precision, with their labels or targets.
type points[T linalg.Float] struct {
	dim, outputs int
	x            []T // N×dim
	y            []T // N×outputs, one-hot for classes
	labels       []int
	// targets are the targets of a regression, units the standard deviations by which they were
	// divided; both are nil for a classification.
	targets *mat.Dense
	units   []float64
	// regresses is true for a regression, even if there are no points.
	regresses bool
}

func newPoints[T linalg.Float](s dataset.Split, data *dataset.Dataset) points[T] {
	p := points[T]{
		dim:     s.Dim(),
		outputs: data.Outputs(),
		labels:  s.Labels,
		targets: s.Y,
	}
	p.regresses = data.IsRegression()
	if data.TargetScale != nil {
		p.units = data.TargetScale.Std
	}

	p.y = make([]T, s.Len()*p.outputs)
	for i := range s.Len() {
		y := p.y[i*p.outputs:][:p.outputs]
		if s.Y == nil {
			y[s.Labels[i]] = 1
		} else {
			for k, v := range s.Y.RawRowView(i) {
				y[k] = T(v)
			}
		}

		for _, v := range s.X.RawRowView(i) {
			p.x = append(p.x, T(v))
		}
	}

	return p
}

func (p points[T]) len() int {
	return len(p.y) / p.outputs
}

// rows returns the points from, …, to − 1 without copying. For a regression, labels is nil.
func (p points[T]) rows(from, to int) (x, y []T, labels []int) {
	if !p.regresses {
		labels = p.labels[from:to]
	}
	return p.x[from*p.dim : to*p.dim], p.y[from*p.outputs : to*p.outputs], labels
}

// batches cuts the training points into consecutive batches; the last one may be smaller. With
// shuffling, every epoch has its own order, which depends only on the seed and the number of the
// epoch, so a resumed run needs no generator state.
type batches[T linalg.Float] struct {
	points  points[T]
	size    int
	shuffle bool
	seed    uint64

	epoch int // the epoch that order is for
	order []int
	views map[int]batch[T] // by index in file order, by number of rows if shuffled
}

// batch holds the points and targets of one update.
type batch[T linalg.Float] struct {
	rows int
	x, y *tensor.Dense
}

func newBatches[T linalg.Float](p points[T], c Config) *batches[T] {
	return &batches[T]{
		points:  p,
		size:    min(c.BatchSize, p.len()),
		shuffle: c.Shuffle,
		seed:    c.Seed,
		epoch:   -1,
		views:   map[int]batch[T]{},
	}
}

// batchCount returns the number of batches, and so of updates, per epoch.
func (b *batches[T]) batchCount() int {
	return (b.points.len() + b.size - 1) / b.size
}

// sizes lists the distinct batch sizes.
func (b *batches[T]) sizes() []int {
	if last := b.points.len() % b.size; last != 0 {
		return []int{b.size, last}
	}
	return []int{b.size}
}

// batch returns the i-th batch of an epoch, valid until the next call.
func (b *batches[T]) batch(epoch, i int) batch[T] {
	from := i * b.size
	to := min(from+b.size, b.points.len())
	if b.shuffle {
		return b.gather(epoch, from, to)
	}

	// Without shuffling a batch is a view of the points, the same at every epoch.
	view, ok := b.views[i]
	if !ok {
		x, y, _ := b.points.rows(from, to)
		view = b.newBatch(x, y, to-from)
		b.views[i] = view
	}
	return view
}

func (b *batches[T]) newBatch(x, y []T, rows int) batch[T] {
	return batch[T]{
		rows: rows,
		x:    viewOf(x, rows, b.points.dim).tensor,
		y:    viewOf(y, rows, b.points.outputs).tensor,
	}
}

// gather copies the points at positions from, …, to − 1 of the epoch's order into a batch.
func (b *batches[T]) gather(epoch, from, to int) batch[T] {
	if b.epoch != epoch {
		b.order = rng.Stream(b.seed, "shuffle", uint64(epoch)).Perm(b.points.len())
		b.epoch = epoch
	}

	// One batch of each size is enough: the next call may overwrite it.
	dim, outputs, rows := b.points.dim, b.points.outputs, to-from
	view, ok := b.views[rows]
	if !ok {
		view = b.newBatch(make([]T, rows*dim), make([]T, rows*outputs), rows)
		b.views[rows] = view
	}

	x, y := view.x.Data().([]T), view.y.Data().([]T)
	for i, j := range b.order[from:to] {
		copy(x[i*dim:(i+1)*dim], b.points.x[j*dim:])
		copy(y[i*outputs:(i+1)*outputs], b.points.y[j*outputs:])
	}

	return view
}
