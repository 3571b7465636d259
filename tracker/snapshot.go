package tracker

import (
	"sync"
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
)

// Snapshot is a network at one moment. It does the work that several metrics share once.
type Snapshot struct {
	Net    *network.Network
	Probes Probes
	// Epoch is the number of epochs trained; Last means that no epoch follows.
	Epoch int
	Last  bool

	// Metrics of the network alone run concurrently with those that sweep points. The first metric
	// that needs the bounds computes them for all.
	once      sync.Once
	bounds    *bounds.Whole
	boundsErr error

	alive atomic.Pointer[[][]bool]
}

// certifiedBounds returns the norms of the layers and the certified bounds derived from them.
func (s *Snapshot) certifiedBounds() (*bounds.Whole, error) {
	s.once.Do(func() { s.bounds, s.boundsErr = bounds.NewWhole(s.Net) })
	return s.bounds, s.boundsErr
}

// aliveUnits reports for each unit of each layer whether its slope is nonzero at some probe point.
// It sweeps the points unless an earlier sweep has already noted the units.
func (s *Snapshot) aliveUnits() [][]bool {
	if s.alive.Load() == nil {
		s.sweepProbes(s.Net.ForwardCost(), func(*network.Pass[float64], int, int) {})
	}
	return *s.alive.Load()
}

// sweepProbes does what [Probes.sweep] does over the probe points, and notes which units are alive.
func (s *Snapshot) sweepProbes(perPoint int, visit func(pass *network.Pass[float64], from, n int)) {
	alive := make([][]bool, len(s.Net.Layers))
	for i, l := range s.Net.Layers {
		alive[i] = make([]bool, l.Out())
	}

	var mu sync.Mutex
	s.Probes.sweepPoints(s.Probes, s.Net, perPoint, func(pass *network.Pass[float64], from, n int) {
		mu.Lock()
		for i := range alive {
			markAlive(alive[i], pass.Slopes(i+1))
		}

		mu.Unlock()
		visit(pass, from, n)
	})

	// Every sweep over the probe points finds the same units, so the last one may overwrite the
	// others.
	s.alive.Store(&alive)
}

// markAlive sets alive[j] for every unit j with a nonzero slope in some row of slopes.
func markAlive(alive []bool, slopes []float64) {
	for j := range alive {
		for i := j; !alive[j] && i < len(slopes); i += len(alive) {
			alive[j] = slopes[i] != 0
		}
	}
}
