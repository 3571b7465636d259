// Package trainer trains networks of dense layers, convolutions, pools and residual blocks with
// Gorgonia. At the end of every epoch, its hooks can take a plain [network.Network]. It is the only
// package that imports Gorgonia, and it knows nothing about what is measured.
package trainer

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Trainer is one training run. It is not safe for concurrent use, but any number of Trainers may
// run at the same time.
type Trainer struct {
	config Config
	core   core
	hooks  []namedHook
	idle   func(epoch int) bool // nil if hooks must see every epoch
	called time.Time            // when hooks were last called

	// The next batch to train on is batch of epoch; step updates have been made.
	epoch, batch, step int
	pathLength         float64
	travel             Travel
	done               Status
}

// core is a network in training, in single or double precision.
type core interface {
	occupy() (release func())
	updatesPerEpoch() int
	// update trains on one batch and returns its mean loss before the update.
	update(epoch, batch int, rate float64) (loss float64, err error)
	// lastUpdate returns the length of the last update and the norm of its gradient. It requires
	// Config.FollowUpdates.
	lastUpdate() (length, gradient float64)
	// distances returns ‖θ‖, ‖θ − θ₀‖ and the distance from the θ last marked.
	distances() (norm, fromStart, fromMark float64)
	// mark records θ as the start of an epoch.
	mark()
	evaluate() Evaluation
	// reaches reports whether an evaluation would meet a target of stop.
	reaches(stop Stop) bool
	// reachesAside returns a function that reports the same for the parameters as they are now. It
	// may run while training goes on.
	reachesAside(stop Stop) func() bool
	// sharesOut reports whether an update has work for a second processor.
	sharesOut() bool
	network() *network.Network
	capture(midEpoch bool) []Tensor
	restore(s *State) error
}

type namedHook struct {
	name string
	run  Hook
}

// Hook is called at the end of every epoch; the Epoch with index 0 is the network at
// initialisation. It must not keep the Epoch.
type Hook func(context.Context, *Epoch) error

// New prepares a run: it draws the weights and builds the graphs. The data must not change while
// the Trainer is in use. If the configuration or the data cannot be trained, the error lists every
// reason.
func New(c Config, data *dataset.Dataset) (*Trainer, error) {
	if err := c.complete(data); err != nil {
		return nil, err
	}

	c = c.resolve(data)

	t := &Trainer{config: c}
	var err error
	if c.Float64 {
		t.core, err = newSession[float64](c, data)
	} else {
		t.core, err = newSession[float32](c, data)
	}

	return t, err
}

// OnEpoch adds a hook; hooks run in the order added. A hook's error ends the run, and Run returns
// it with the hook's name and the epoch.
func (t *Trainer) OnEpoch(name string, h Hook) {
	t.hooks = append(t.hooks, namedHook{name, h})
}

// PassOver sets the function that reports at which epochs hooks have nothing to do unless the run
// ends there. The trainer may skip the hooks at these epochs, for up to 100 ms at a time. Training
// then goes on while another processor checks whether a target was reached; if so, the run goes
// back to that epoch.
func (t *Trainer) PassOver(idle func(epoch int) bool) {
	t.idle = idle
}

// passFor bounds how long hooks may be skipped when epochs are short.
const passFor = 100 * time.Millisecond

// UpdatesPerEpoch returns the number of parameter updates in an epoch.
func (t *Trainer) UpdatesPerEpoch() int {
	return t.core.updatesPerEpoch()
}

// Status is how a run ended.
type Status string

const (
	// Converged: a target of Stop was reached.
	Converged Status = "converged"
	// Completed: the number of epochs was reached.
	Completed Status = "completed"
	// GaveUp: Stop.GiveUp found the training loss too high.
	GaveUp Status = "gave_up"
	// Diverged: the loss or a parameter became NaN or infinite.
	Diverged Status = "diverged"
	// Cancelled: the context ended; State resumes the run.
	Cancelled Status = "cancelled"
)

// Result is the outcome of a run.
type Result struct {
	Status Status
	Epochs int // completed
	Steps  int // updates made
}

// Run trains until a condition of Stop is met, the loss is no longer finite, or ctx ends. When ctx
// ends, it finishes the current batch or hook first. A run restored from a State continues from
// there, and hooks are not called again for epochs that had ended.
func (t *Trainer) Run(ctx context.Context) (Result, error) {
	defer t.core.occupy()()
	// Hooks see the network at initialisation too.
	if t.epoch == 0 {
		err := t.endEpoch(ctx, t.newEpoch(true))
		if err != nil {
			return Result{}, err
		}
	}

	for t.done == "" {
		e, err := t.nextEpoch(ctx)
		if err != nil {
			return Result{}, err
		}

		if e == nil {
			return t.result(Cancelled), nil
		}

		err = t.endEpoch(ctx, e)
		if err != nil {
			return Result{}, err
		}
	}

	return t.result(t.done), nil
}

func (t *Trainer) result(s Status) Result {
	return Result{Status: s, Epochs: t.epoch - 1, Steps: t.step}
}

// nextEpoch trains up to the end of the next epoch that hooks must see. It returns nil if ctx ends
// first.
func (t *Trainer) nextEpoch(ctx context.Context) (*Epoch, error) {
	finite, err := t.trainEpoch(ctx)
	for {
		if err != nil || finite && t.batch < t.UpdatesPerEpoch() {
			return nil, err
		}

		e := t.newEpoch(finite)
		if !t.mayPassOver(e) {
			return e, nil
		}

		// The next epoch is trained before it is known whether the run ends with this one. The
		// evaluation has its own copy of the parameters, so the two share nothing that changes.
		t.epoch, t.batch = t.epoch+1, 0
		here := t.State()
		reaches, reached := t.core.reachesAside(t.config.Stop), false
		processors.Both(func() {
			finite, err = t.trainEpoch(ctx)
		}, func() {
			reached = reaches()
		})

		// The run ends here after all: go back to the end of this epoch.
		if reached {
			err := t.Restore(here)
			t.epoch--
			return e, err
		}
	}
}

// mayPassOver reports whether hooks need not see an epoch and only a target could end the run
// there. It is false if updates themselves use two processors, since none is left to check the
// target.
func (t *Trainer) mayPassOver(e *Epoch) bool {
	stop := t.config.Stop
	mayEnd := e.Diverged || e.Index >= stop.Epochs || e.Index == stop.GiveUp.Epochs
	return !mayEnd && stop.isJudgedAt(e.Index) && t.isIdle(e.Index) &&
		time.Since(t.called) < passFor && !t.core.sharesOut()
}

func (t *Trainer) isIdle(epoch int) bool {
	return t.idle != nil && t.idle(epoch)
}

// trainEpoch makes the remaining updates of the epoch until ctx ends. It returns false as soon as a
// loss is not finite.
func (t *Trainer) trainEpoch(ctx context.Context) (finite bool, err error) {
	if t.batch == 0 {
		t.core.mark()
	}

	for ; t.batch < t.UpdatesPerEpoch(); t.batch++ {
		if ctx.Err() != nil {
			return true, nil
		}

		rate := t.rate()
		loss, err := t.core.update(t.epoch, t.batch, rate)
		if err != nil {
			return false, fmt.Errorf("training epoch %d, batch %d: %w", t.epoch, t.batch, err)
		}

		t.step++
		// Bounds from the path of the parameters sum over updates, not over epochs.
		if t.config.FollowUpdates {
			t.travel.addUpdate(t.core.lastUpdate())
		}

		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return false, nil
		}
	}

	return true, nil
}

// rate returns the learning rate of the next update.
func (t *Trainer) rate() float64 {
	return t.config.Optimizer.LearningRate * t.config.Schedule.Factor(t.step, t.UpdatesPerEpoch())
}

// endEpoch decides whether the run ends with the epoch just trained, and runs the hooks on it.
func (t *Trainer) endEpoch(ctx context.Context, e *Epoch) error {
	t.done = t.verdict(e)
	e.Last = t.done != ""
	// This comes before the hooks, so that a checkpoint saved by one of them resumes with the next
	// epoch.
	t.epoch, t.batch = t.epoch+1, 0
	for _, h := range t.hooks {
		// A hook may always finish its work, so that a series has whole epochs.
		err := h.run(context.WithoutCancel(ctx), e)
		if err != nil {
			return fmt.Errorf("%s at epoch %d: %w", h.name, e.Index, err)
		}
	}

	t.called = time.Now()

	return nil
}

// verdict returns the status with which the run ends at this epoch, or an empty one if it goes on.
func (t *Trainer) verdict(e *Epoch) Status {
	switch stop := t.config.Stop; {
	case e.Diverged:
		return Diverged
	case stop.isJudgedAt(e.Index) && t.reachesTarget(e):
		return Converged
	case e.Index >= stop.Epochs:
		return Completed
	case stop.GiveUp.hopeless(e):
		return GaveUp
	default:
		return ""
	}
}

// reachesTarget reports whether a target is reached. It only makes a full evaluation if hooks may
// need it anyway.
func (t *Trainer) reachesTarget(e *Epoch) bool {
	if t.isIdle(e.Index) {
		return t.core.reaches(t.config.Stop)
	}
	return t.config.Stop.reached(e.Evaluation())
}
