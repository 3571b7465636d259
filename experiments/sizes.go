package experiments

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/memory"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// A demand is a minimum amount of memory that a run needs, and the keys that determine it.
type demand struct {
	what  string
	bytes float64
	keys  []string
}

// Sizes of numbers in bytes.
const (
	bytesOfFloat32 = 4
	bytesOfFloat64 = 8
)

// shapeOfData holds the properties of the data that determine a network's size: the numbers of
// inputs, outputs and training points.
type shapeOfData struct {
	dim, outputs, points int
	point                [3]int // channels × height × width
}

var (
	// leastShape is the smallest possible shape: one point with one input.
	leastShape = shapeOfData{1, 1, 1, [3]int{1, 1, 1}}
	// assumedShape is the shape of MNIST1D, which is assumed before data are read.
	assumedShape = shapeOfData{40, 10, 4000, [3]int{1, 1, 40}}
)

func shapeOfDataset(d *dataset.Dataset) shapeOfData {
	return shapeOfData{d.Train.Dim(), d.Outputs(), d.Train.Len(), pointShape(d)}
}

// pointShape returns the shape of a data set's points. If it has none, the points are treated as
// signals of one channel.
func pointShape(d *dataset.Dataset) [3]int {
	if d.Shape == [3]int{} {
		return [3]int{1, 1, d.Train.Dim()}
	}
	return d.Shape
}

// demandsOfData returns the memory that generated data need. Files have limits of their own.
func demandsOfData(c *config.Config) []demand {
	const digitFeatures = 40
	switch s := c.Data.Options.Synthetic; c.Data.Name {
	case "mnist1d":
		points := float64(c.Data.Options.MNIST1D.Samples)
		return []demand{
			{
				"the data",
				points * digitFeatures * bytesOfFloat64,
				[]string{"data.mnist1d.samples"},
			},
		}
	case "gaussian_mixture", "random_labels":
		points := float64(s.Train) + float64(s.Test)
		return []demand{{"the data", points * float64(s.Dim) * bytesOfFloat64,
			[]string{"data.synthetic.train", "data.synthetic.test", "data.synthetic.dim"}}}
	}

	return nil
}

// demandsOfRun returns the memory that training and measuring need, except what is small or shared.
func demandsOfRun(c *config.Config, data shapeOfData) []demand {
	demands := demandsOfTraining(c, data)
	if len(c.Track.Metrics) == 0 {
		return demands
	}
	return slices.Concat(demands, demandsOfTracking(c, data), demandsOfMetrics(c))
}

// demandsOfTraining returns the memory that the updates of a network need.
func demandsOfTraining(c *config.Config, data shapeOfData) []demand {
	size := float64(bytesOfFloat32)
	if c.Train.Float64 {
		size = bytesOfFloat64
	}

	weights := weightsOf(c.Train, data)
	batch := batchOf(c, data)

	return []demand{
		{fmt.Sprintf("%.4g parameters with their gradients and the optimizer's vectors",
			weights),
			weights * size * (2 + vectorsOf(c.Train.Optimizer)), []string{modelKey(c), "train.optimizer.name"}},
		{fmt.Sprintf("a batch of %.4g points", batch), batch * valuesOf(c.Train, data) * size,
			[]string{"train.batch_size", modelKey(c)}},
	}
}

// demandsOfTracking returns the memory that the tracker needs: a copy of the network, the Jacobian
// of a point, and the matrices of norms and bounds. Norms and bounds are computed one after
// another, so only the largest counts.
func demandsOfTracking(c *config.Config, data shapeOfData) []demand {
	demands := []demand{{
		"a copy of the network in double precision",
		weightsOf(c.Train, data) * bytesOfFloat64,
		[]string{modelKey(c)},
	}}

	// The pools and shortcuts in an outline take some bytes for each value.
	if c.Train.LayersText() != "" && valuesOf(c.Train, data) > mostOutlined {
		return demands
	}

	net, err := c.Train.Outline(data.point, data.outputs)
	if err != nil {
		// The trainer reports layers that do not fit.
		return demands
	}

	return append(demands, demandsOfNetwork(c, net)...)
}

// demandsOfNetwork returns the memory that the tracker needs in addition to a network, by the sizes
// of its layers.
func demandsOfNetwork(c *config.Config, net *network.Network) []demand {
	widest := 0
	for _, l := range net.Layers {
		widest = max(widest, l.Out())
	}

	jacobian := demand{
		"the Jacobian of a point",
		float64(min(net.In(), net.Out())) * float64(widest) * bytesOfFloat64,
		[]string{modelKey(c)},
	}

	largest := demand{keys: []string{modelKey(c), "track.metrics"}}
	for _, m := range c.Track.Metrics {
		bytes := tracker.Memory(m.Name, net)
		if bytes > largest.bytes {
			largest.what, largest.bytes = "the matrices of "+m.Name, bytes
		}
	}

	return []demand{jacobian, largest}
}

// mostOutlined is the number of values per point above which a network with layers other than dense
// ones has no outline, and the memory of its bounds is not counted.
const mostOutlined = 1 << 26

// modelKey returns the key that determines the layers of a model.
func modelKey(c *config.Config) string {
	if c.Train.LayersText() != "" {
		return "model.layers"
	}
	return "model.hidden"
}

// weightsOf returns the number of weights and biases of a model, as a float64, since widths may be
// arbitrarily large. It returns 0 if the layers do not fit the points, which the trainer reports.
func weightsOf(m trainer.Config, data shapeOfData) float64 {
	if m.LayersText() != "" {
		count, err := m.Parameters(data.point, data.outputs)
		if err != nil {
			return 0
		}
		return float64(count)
	}

	total, from := 0.0, float64(data.dim)
	for _, out := range append(slices.Clone(m.Hidden), data.outputs) {
		total += from * float64(out)
		if m.Bias {
			total += float64(out)
		}
		from = float64(out)
	}

	return total
}

// valuesOf returns the number of values that training stores for each point of a batch.
func valuesOf(m trainer.Config, data shapeOfData) float64 {
	if m.LayersText() != "" {
		values, err := m.Activations(data.point, data.outputs)
		if err != nil {
			// The trainer reports layers that do not fit.
			return 0
		}
		return float64(values)
	}

	units := float64(data.outputs)
	for _, width := range m.Hidden {
		units += float64(width)
	}
	return 2 * units
}

// batchOf returns the number of points in a batch.
func batchOf(c *config.Config, data shapeOfData) float64 {
	if c.Train.BatchSize > 0 {
		return float64(min(data.points, c.Train.BatchSize))
	}
	return float64(data.points)
}

// demandsOfMetrics returns the additional memory of individual metrics.
func demandsOfMetrics(c *config.Config) []demand {
	var demands []demand
	for _, m := range c.Track.Metrics {
		switch m.Name {
		case series.EnlargedLowerBound:
			// Indices and a norm are stored for each pair, for five weights in two sets.
			pairs := float64(c.Track.Options.Enlarged.Combinations) * 5 * 2
			demands = append(
				demands,
				demand{fmt.Sprintf("%.4g combinations", pairs), pairs * 2 * bytesOfFloat64,
					[]string{"track.enlarged.combinations"}},
			)
		case gridMetric:
			cells := float64(c.Track.Options.Grid.Points) * float64(c.Track.Options.Grid.Points)
			demands = append(demands, demand{"the grid", cells * (bytesOfFloat32 + bytesOfFloat64),
				[]string{"track.grid.points"}})
		}
	}

	return demands
}

// vectorsOf returns the number of parameter-sized vectors that an optimizer keeps.
func vectorsOf(o trainer.Optimizer) float64 {
	switch {
	case o.Kind != trainer.SGD:
		return 2
	case o.Momentum != 0:
		return 1
	}
	return 0
}

// sumOf returns the sum of the demands.
func sumOf(demands []demand) float64 {
	total := 0.0
	for _, d := range demands {
		total += d.bytes
	}
	return total
}

// A TooLargeError reports that a run needs more memory than is available.
type TooLargeError struct{ message string }

// Error implements error.
func (e *TooLargeError) Error() string {
	return e.message
}

// checkSizes returns a *TooLargeError if the demands exceed the available memory.
func checkSizes(c *config.Config, demands []demand, available float64) error {
	total := sumOf(demands)
	if total <= available {
		return nil
	}

	// Name the settings behind the largest demand, which are the ones worth changing.
	largest := slices.MaxFunc(
		demands,
		func(a, b demand) int { return cmp.Compare(a.bytes, b.bytes) },
	)
	flat := config.Flatten(c)
	var settings []string
	for _, key := range largest.keys {
		settings = append(settings, fmt.Sprintf("%s=%.80s", key, flat[key]))
	}

	return &TooLargeError{
		fmt.Sprintf(
			"the run needs %s of memory or more, and there are %s: %s take %s (%s)",
			gigabytes(total),
			gigabytes(available),
			largest.what,
			gigabytes(largest.bytes),
			strings.Join(settings, ", "),
		),
	}
}

func gigabytes(bytes float64) string {
	return fmt.Sprintf("%.3g GB", bytes/1e9)
}

// availableMemory returns the available memory; tests replace it.
var availableMemory = func() float64 { return float64(memory.Available()) }

// A ledger shares the initially available memory among concurrent runs.
type ledger struct {
	total float64

	mu      sync.Mutex
	changed *sync.Cond
	taken   float64
	holders int
}

func newLedger() *ledger {
	l := &ledger{total: availableMemory()}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// takeMemory waits until there is enough memory or no other run holds any. The caller must call
// release.
func (l *ledger) takeMemory(ctx context.Context, bytes float64) (release func(), err error) {
	// A condition variable does not watch contexts, so the end of ctx has to wake the waiting run.
	wake := context.AfterFunc(ctx, l.changed.Broadcast)
	defer wake()

	l.mu.Lock()
	defer l.mu.Unlock()

	// A run that is alone begins regardless of its size, which was already checked against all
	// memory.
	for l.holders > 0 && l.taken+bytes > l.total {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}

		l.changed.Wait()
	}

	l.taken += bytes
	l.holders++

	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken -= bytes
		l.holders--
		l.changed.Broadcast()
	}, nil
}
