package trainer

import (
	"math"

	"github.com/liptrack/liptrack/network"
)

// Epoch is the state of a run at the end of an epoch, as hooks see it. Expensive values are
// computed on first use, so an epoch that nobody measures costs only its training.
type Epoch struct {
	// Index counts epochs from 1; 0 is the network at initialisation.
	Index int
	// Step counts the updates made so far.
	Step int
	// Last is true if the run ends with this epoch.
	Last bool
	// Diverged is true if the loss or a parameter is NaN or infinite.
	Diverged bool
	// LearningRate is the learning rate of the next update.
	LearningRate float64
	// ParamNorm is ‖θ‖₂, ParamDistance is ‖θ − θ₀‖₂, and PathLength is the sum of ‖θₜ − θₜ₋₁‖₂ over
	// epochs.
	ParamNorm, ParamDistance, PathLength float64
	// Travel is zero unless Config.FollowUpdates is set.
	Travel Travel

	core       core
	evaluation *Evaluation
	network    *network.Network
}

func (t *Trainer) newEpoch(finite bool) *Epoch {
	norm, fromStart, fromMark := t.core.distances()
	// The mark is θ at the start of the epoch; initialisation has none.
	if t.epoch > 0 {
		t.pathLength += fromMark
	}

	return &Epoch{
		Index:         t.epoch,
		Step:          t.step,
		LearningRate:  t.rate(),
		Diverged:      !finite || math.IsNaN(norm) || math.IsInf(norm, 0),
		ParamNorm:     norm,
		ParamDistance: fromStart,
		PathLength:    t.pathLength,
		Travel:        t.travel,
		core:          t.core,
	}
}

// Evaluation returns the network's performance on all training and test points.
func (e *Epoch) Evaluation() Evaluation {
	if e.evaluation == nil {
		v := e.core.evaluate()
		e.evaluation = &v
	}
	return *e.evaluation
}

// Network returns a copy of the network. Every call for the same epoch returns the same copy.
func (e *Epoch) Network() *network.Network {
	if e.network == nil {
		e.network = e.core.network()
	}
	return e.network
}
