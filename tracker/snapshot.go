package tracker

import (
	"sync"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
)

// Snapshot is a network at one moment with the work that several metrics share, done once.
type Snapshot struct {
	Net    *network.Network
	Probes Probes
	// Epoch is the number of epochs trained; Last says that no other follows.
	Epoch int
	Last  bool

	// Metrics of the network alone run beside those that sweep points, so what they share is
	// computed under a lock.
	bounds lazily[*bounds.Whole]

	aliveLock sync.Mutex
	alive     [][]bool
}

// lazily holds a value that whoever asks first computes.
type lazily[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (l *lazily[T]) get(compute func() (T, error)) (T, error) {
	l.once.Do(func() { l.value, l.err = compute() })
	return l.value, l.err
}

// over returns a snapshot of the same network over other points.
func (s *Snapshot) over(points Probes) *Snapshot {
	return &Snapshot{
		Net:    s.Net,
		Probes: points,
		Epoch:  s.Epoch,
		Last:   s.Last,
	}
}

// certifiedBounds returns the norms of the layers and the certified bounds made of them.
func (s *Snapshot) certifiedBounds() (*bounds.Whole, error) {
	return s.bounds.get(func() (*bounds.Whole, error) {
		return bounds.NewWhole(s.Net)
	})
}

// denseBounds returns the bounds that only a network of dense layers has.
func (s *Snapshot) denseBounds() (*bounds.Bounds, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}
	return b.Dense(), nil
}

// aliveUnits says of each layer's units whether their slope is other than 0 at some probe point,
// with a sweep of its own unless another has noted it already.
func (s *Snapshot) aliveUnits() [][]bool {
	if alive := s.notedAlive(); alive != nil {
		return alive
	}

	s.sweep(s.Net.ForwardCost(), func(*network.Pass[float64], int, int) {})

	return s.notedAlive()
}

func (s *Snapshot) notedAlive() [][]bool {
	s.aliveLock.Lock()
	defer s.aliveLock.Unlock()
	return s.alive
}

// sweep does what [Probes.sweep] does over the probe points, and notes which units are alive.
func (s *Snapshot) sweep(perPoint int, visit func(pass *network.Pass[float64], from, n int)) {
	alive := make([][]bool, len(s.Net.Layers))
	for i, l := range s.Net.Layers {
		alive[i] = make([]bool, l.Out())
	}

	var mu sync.Mutex
	s.Probes.sweep(s.Probes, s.Net, perPoint, func(pass *network.Pass[float64], from, n int) {
		mu.Lock()
		for i := range alive {
			markAlive(alive[i], pass.Slopes(i+1))
		}

		mu.Unlock()
		visit(pass, from, n)
	})

	// Every sweep over the probe points finds the same: whoever is last may write.
	s.aliveLock.Lock()
	s.alive = alive
	s.aliveLock.Unlock()
}

// markAlive sets alive[j] for every unit j with a slope other than 0 in some row of slopes.
func markAlive(alive []bool, slopes []float64) {
	for j := range alive {
		for i := j; !alive[j] && i < len(slopes); i += len(alive) {
			alive[j] = slopes[i] != 0
		}
	}
}
