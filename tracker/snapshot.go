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

	bounds *bounds.Bounds
	whole  *bounds.Whole
	alive  [][]bool
}

// certifiedBounds returns the spectral norms of the layers and the certified bounds made of them.
func (s *Snapshot) certifiedBounds() (*bounds.Bounds, error) {
	var err error
	if s.bounds == nil {
		s.bounds, err = bounds.New(s.Net)
	}
	return s.bounds, err
}

// wholeBounds returns norms and bounds of a network that has other layers than dense ones.
func (s *Snapshot) wholeBounds() (*bounds.Whole, error) {
	var err error
	if s.whole == nil {
		s.whole, err = bounds.NewWhole(s.Net)
	}
	return s.whole, err
}

// aliveUnits says of each layer's units whether their slope is other than 0 at some probe point,
// with a sweep of its own unless another has noted it already.
func (s *Snapshot) aliveUnits() [][]bool {
	if s.alive == nil {
		s.sweep(s.Net.ForwardCost(), func(*network.Pass[float64], int, int) {})
	}
	return s.alive
}

// sweep is [Probes.sweep] over the probe points that notes on the way which units are alive.
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

	s.alive = alive
}

// markAlive sets alive[j] for every unit j with a slope other than 0 in some row of slopes.
func markAlive(alive []bool, slopes []float64) {
	for j := range alive {
		for i := j; !alive[j] && i < len(slopes); i += len(alive) {
			alive[j] = slopes[i] != 0
		}
	}
}
