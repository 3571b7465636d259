package trainer

import (
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// points are the labelled points of a split in training precision.
type points[T linalg.Float] struct {
	dim, classes int
	x            []T // N×dim
	y            []T // N×classes, one-hot
	labels       []int
}

func newPoints[T linalg.Float](s dataset.Split, classes int) points[T] {
	p := points[T]{dim: s.Dim(), classes: classes, labels: s.Labels}
	p.y = make([]T, s.Len()*classes)
	for i, label := range s.Labels {
		p.y[i*classes+label] = 1
		for _, v := range s.X.RawRowView(i) {
			p.x = append(p.x, T(v))
		}
	}
	return p
}

func (p points[T]) len() int { return len(p.labels) }

// rows returns points from up to but not including to, without copying.
func (p points[T]) rows(from, to int) (x, y []T, labels []int) {
	return p.x[from*p.dim : to*p.dim], p.y[from*p.classes : to*p.classes], p.labels[from:to]
}

// batches cuts the training points into consecutive batches, the last one smaller where they do
// not divide. With shuffling, every epoch has an order of its own, drawn from the seed and the
// epoch's number alone, so that a resumed run needs no generator state.
type batches[T linalg.Float] struct {
	points  points[T]
	size    int
	shuffle bool
	seed    uint64

	epoch int // whose order is in order
	order []int
	views map[int]batch[T] // in file order, by index; shuffled, by number of rows
}

// batch is what one update sees.
type batch[T linalg.Float] struct {
	rows int
	x, y *tensor.Dense
}

func newBatches[T linalg.Float](p points[T], c Config) *batches[T] {
	return &batches[T]{
		points: p, size: min(c.BatchSize, p.len()), shuffle: c.Shuffle, seed: c.Seed,
		epoch: -1, views: map[int]batch[T]{},
	}
}

// count returns the number of batches, and so of updates, an epoch.
func (b *batches[T]) count() int { return (b.points.len() + b.size - 1) / b.size }

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
	view, ok := b.views[i]
	if !ok {
		x, y, _ := b.points.rows(from, to)
		view = b.newBatch(x, y, to-from)
		b.views[i] = view
	}
	return view
}

func (b *batches[T]) newBatch(x, y []T, rows int) batch[T] {
	return batch[T]{rows, viewOf(x, rows, b.points.dim).tensor, viewOf(y, rows, b.points.classes).tensor}
}

// gather copies the points that the epoch's order puts at from … to−1 into a batch.
func (b *batches[T]) gather(epoch, from, to int) batch[T] {
	if b.epoch != epoch {
		b.order = rng.Stream(b.seed, "shuffle", uint64(epoch)).Perm(b.points.len())
		b.epoch = epoch
	}

	dim, classes, rows := b.points.dim, b.points.classes, to-from
	view, ok := b.views[rows]
	if !ok {
		view = b.newBatch(make([]T, rows*dim), make([]T, rows*classes), rows)
		b.views[rows] = view
	}

	x, y := view.x.Data().([]T), view.y.Data().([]T)
	for i, j := range b.order[from:to] {
		copy(x[i*dim:(i+1)*dim], b.points.x[j*dim:])
		copy(y[i*classes:(i+1)*classes], b.points.y[j*classes:])
	}

	return view
}
