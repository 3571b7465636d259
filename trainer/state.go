package trainer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// State is all that a run needs to continue as if it had never stopped: together with the same
// Config and data it determines every later bit. Random draws depend only on the seed, the epoch
// and the batch, so there is no generator to save.
type State struct {
	// The next batch to train on is Batch of Epoch; Step updates have been made.
	Epoch, Batch, Step int
	PathLength         float64
	Travel             Travel
	// Done is the status with which the run ended, or empty if it has not ended.
	Done Status
	// Tensors holds the parameters, under the names that PyTorch gives them in an nn.Sequential
	// called layers, followed by the optimizer's vectors and, within an epoch, the parameters at
	// its start.
	Tensors []Tensor
}

// Tensor is a named array; Data is a []float32 or []float64, row-major.
type Tensor struct {
	Name  string
	Shape []int
	Data  any
}

// State returns the state of the run between two batches. Its arrays are copies.
func (t *Trainer) State() *State {
	return &State{
		Epoch:      t.epoch,
		Batch:      t.batch,
		Step:       t.step,
		PathLength: t.pathLength,
		Travel:     t.travel,
		Done:       t.done,
		Tensors:    t.core.capture(t.batch > 0),
	}
}

// Restore sets a new Trainer, with the same Config and data, to a captured State. It returns an
// error if the state does not fit. After an error, the Trainer must not be used.
func (t *Trainer) Restore(s *State) error {
	n := t.UpdatesPerEpoch()
	if s.Batch < 0 || s.Batch >= n {
		return fmt.Errorf("restoring training at batch %d of epoch %d: epochs have batches 0 to %d",
			s.Batch, s.Epoch, n-1)
	}

	err := t.core.restore(s)
	if err != nil {
		return fmt.Errorf("restoring training at epoch %d: %w", s.Epoch, err)
	}

	t.epoch, t.batch, t.step, t.done = s.Epoch, s.Batch, s.Step, s.Done
	t.pathLength, t.travel = s.PathLength, s.Travel

	return nil
}

// region is a named slice of the session's memory that a checkpoint keeps.
type region[T linalg.Float] struct {
	name  string
	shape []int
	data  []T
}

// weightOf returns the name of the weight of the module with the given name.
func weightOf(name string) string {
	return name + ".weight"
}

// namedRegions returns the regions of the weight and, unless it is empty, the bias of the module
// with the given name.
func namedRegions[T linalg.Float](name string, weight []T, shape []int, bias []T) []region[T] {
	regions := []region[T]{{weightOf(name), shape, weight}}
	if len(bias) > 0 {
		regions = append(regions, region[T]{name + ".bias", []int{len(bias)}, bias})
	}
	return regions
}

// regions lists what a checkpoint keeps, in order.
func (s *session[T]) regions(midEpoch bool) []region[T] {
	var all []region[T]
	for _, l := range s.model.layers {
		all = append(all, l.regions()...)
	}

	for _, v := range s.updater.state() {
		all = append(all, region[T]{"optimizer." + v.name, []int{len(v.values)}, v.values})
	}

	// Within an epoch, the parameters at its start determine its path length and the penalty's
	// point.
	if midEpoch {
		all = append(all, region[T]{"training.epoch_start", []int{len(s.marked)}, s.marked})
	}

	return all
}

// NetworkOf returns the network whose parameters are in s, the State of a run with this
// configuration and data. It returns an error if New would, or if the tensors do not fit the
// layers.
func NetworkOf(c Config, data *dataset.Dataset, s *State) (*network.Network, error) {
	err := c.complete(data)
	if err != nil {
		return nil, err
	}

	if c.Float64 {
		return savedNetwork[float64](c, data, s)
	}
	return savedNetwork[float32](c, data, s)
}

func savedNetwork[T linalg.Float](c Config, data *dataset.Dataset, s *State) (*network.Network, error) {
	m, err := newModel[T](c, shapeOfPoints(data), data.Outputs())
	if err != nil {
		return nil, err
	}

	err = m.fill(s.Tensors)
	if err != nil {
		return nil, err
	}

	return m.network(), nil
}

// fill copies the saved parameters into the model. It ignores all other tensors.
func (m *model[T]) fill(tensors []Tensor) error {
	saved := byName(tensors)
	for _, l := range m.layers {
		for _, r := range l.regions() {
			err := r.fill(saved[r.name])
			if err != nil {
				return err
			}
		}
	}

	return nil
}

// fill copies a saved tensor into the region. It returns an error if the types or shapes differ.
func (r region[T]) fill(t Tensor) error {
	data, ok := t.Data.([]T)
	if !ok || !slices.Equal(t.Shape, r.shape) {
		return fmt.Errorf("tensor %s is %T of shape %v: must be %T of shape %v",
			r.name, t.Data, t.Shape, r.data, r.shape)
	}

	if len(data) != len(r.data) {
		return fmt.Errorf("tensor %s holds %d numbers: must hold %d",
			r.name, len(data), len(r.data))
	}

	copy(r.data, data)

	return nil
}

// byName returns a map from names to tensors.
func byName(tensors []Tensor) map[string]Tensor {
	named := map[string]Tensor{}
	for _, t := range tensors {
		named[t.Name] = t
	}
	return named
}

func (s *session[T]) capture(midEpoch bool) []Tensor {
	var tensors []Tensor
	for _, r := range s.regions(midEpoch) {
		tensors = append(tensors, Tensor{r.name, r.shape, slices.Clone(r.data)})
	}
	return tensors
}

func (s *session[T]) restore(state *State) error {
	saved := byName(state.Tensors)
	for _, r := range s.regions(state.Batch > 0) {
		t, ok := saved[r.name]
		if !ok {
			return fmt.Errorf("tensor %s is missing", r.name)
		}

		delete(saved, r.name)
		if err := r.fill(t); err != nil {
			return err
		}
	}

	// Tensors that are left belong to an optimizer or to layers that this configuration does not
	// have.
	if len(saved) > 0 {
		names := strings.Join(slices.Sorted(maps.Keys(saved)), ", ")
		return fmt.Errorf("tensors of another configuration: %s", names)
	}

	s.updater.resume(state.Step)

	return nil
}
