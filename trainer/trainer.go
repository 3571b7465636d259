// Package trainer trains networks of dense layers, convolutions, pools and residual blocks with
// Gorgonia and hands out, at the end of every epoch, a plain [network.Network] to whoever asked. It
// is the only package that imports Gorgonia, and it knows nothing of what is measured.
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

// Trainer is one training run. It is not safe for concurrent use; any number of them may run
// side by side.
type Trainer struct {
	config Config
	core   core
	hooks  []namedHook
	idle   func(epoch int) bool // nil if hooks are to see every epoch
	called time.Time            // when hooks were last called

	// The next batch to train on is batch of epoch; step updates have been made.
	epoch, batch, step int
	pathLength         float64
	travel             Travel
	done               Status
}

// core is a network in training, in one precision or the other.
type core interface {
	occupy() (release func())
	updatesPerEpoch() int
	// update trains on one batch and returns its mean loss before the update.
	update(epoch, batch int, rate float64) (loss float64, err error)
	// lastUpdate returns how far the last update went and the norm of its gradient. It is for a
	// session that follows updates.
	lastUpdate() (length, gradient float64)
	// distances returns ‖θ‖, ‖θ − θ₀‖ and the distance from the θ last marked.
	distances() (norm, fromStart, fromMark float64)
	// mark notes θ as the start of an epoch.
	mark()
	evaluate() Evaluation
	// reaches says whether an evaluation would meet a target of stop.
	reaches(stop Stop) bool
	// reachesAside returns a function that says so of the parameters as they are now, while
	// training goes on.
	reachesAside(stop Stop) func() bool
	// sharesOut says whether an update has work for a second processor.
	sharesOut() bool
	network() *network.Network
	capture(midEpoch bool) []Tensor
	restore(s *State) error
}

type namedHook struct {
	name string
	run  Hook
}

// Hook is called at the end of every epoch, index 0 being the network at initialisation. It
// must not keep the Epoch.
type Hook func(context.Context, *Epoch) error

// New prepares a run on the data, which must not change while it lives: it draws the weights
// and builds the graphs.
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

// OnEpoch adds a hook; hooks run in the order added. A hook's error ends the run and comes back
// wrapped with its name and the epoch.
func (t *Trainer) OnEpoch(name string, h Hook) {
	t.hooks = append(t.hooks, namedHook{name, h})
}

// PassOver tells the trainer at which epochs hooks have nothing to do, unless the run ends there.
// Hooks may then not be called at them, for up to [passFor] at a time, and training goes on while
// another processor finds whether a target was reached; if it was, the run goes back to that epoch.
func (t *Trainer) PassOver(idle func(epoch int) bool) {
	t.idle = idle
}

// passFor bounds how long no hook is called where epochs are short.
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

// Result is what a run came to.
type Result struct {
	Status Status
	Epochs int // completed
	Steps  int // updates made
}

// Run trains until Stop says so, the loss is no longer finite, or ctx ends, after the batch or
// the hook then under way. A run restored from a State goes on from there, its hooks not called
// again for epochs that had ended.
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

// nextEpoch trains up to an epoch that hooks are to see, or returns nil if ctx ends before.
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

		// The epoch that follows is trained before it is known whether the run ends with this one.
		// The evaluation aside has parameters of its own, so the two share nothing that changes.
		t.epoch, t.batch = t.epoch+1, 0
		here := t.State()
		reaches, reached := t.core.reachesAside(t.config.Stop), false
		processors.Both(func() {
			finite, err = t.trainEpoch(ctx)
		}, func() {
			reached = reaches()
		})

		// The run ends here after all: back to the end of this epoch, of which here is the state.
		if reached {
			err := t.Restore(here)
			t.epoch--
			return e, err
		}
	}
}

// mayPassOver says whether hooks need not see an epoch and nothing but a target could end the run
// there. Where updates themselves use two processors, there is none to look at the target.
func (t *Trainer) mayPassOver(e *Epoch) bool {
	stop := t.config.Stop
	mayEnd := e.Diverged || e.Index >= stop.Epochs || e.Index == stop.GiveUp.Epochs
	return !mayEnd && stop.isJudgedAt(e.Index) && t.isIdle(e.Index) &&
		time.Since(t.called) < passFor && !t.core.sharesOut()
}

func (t *Trainer) isIdle(epoch int) bool {
	return t.idle != nil && t.idle(epoch)
}

// trainEpoch makes the updates that are left of the epoch, up to the end of ctx. It reports
// false, at once, when a loss is not finite.
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
		// Bounds by the parameters' path sum over updates, not over epochs.
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
	// Before the hooks: a checkpoint that one of them makes is of a run that goes on with the next.
	t.epoch, t.batch = t.epoch+1, 0
	for _, h := range t.hooks {
		// Hooks end what they began, so that a series has whole epochs.
		err := h.run(context.WithoutCancel(ctx), e)
		if err != nil {
			return fmt.Errorf("%s at epoch %d: %w", h.name, e.Index, err)
		}
	}

	t.called = time.Now()

	return nil
}

// verdict returns the status with which the run ends at this epoch, empty if it goes on.
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

// reachesTarget evaluates the epoch only where hooks may want it anyway.
func (t *Trainer) reachesTarget(e *Epoch) bool {
	if t.isIdle(e.Index) {
		return t.core.reaches(t.config.Stop)
	}
	return t.config.Stop.reached(e.Evaluation())
}
