package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// line is a worker's way to the server.
type line interface {
	// take waits a while for a run on offer; nil if none came.
	take(ctx context.Context) (offer, error)
	// ask asks the server and waits for the answer.
	ask(ctx context.Context, q question) (answer, error)
	// send hands over what a worker saved; when it returns, that survives the server.
	send(ctx context.Context, v save, bundle []byte) error
	// open returns the bytes of a parcel.
	open(ctx context.Context, p parcel) ([]byte, error)
}

// offer is a run that is offered to this worker alone, until it is silent for too long.
type offer interface {
	task() task
	// delivery counts how often runs were offered.
	delivery() uint64
	// extend holds the offer for a while longer.
	extend() error
	// done takes the run off the stream; giveBack has it offered again after a while.
	done() error
	giveBack(after time.Duration) error
}

// Worker is a Source of the runs that a server lends, and the Store that sends it their results.
type Worker struct {
	line    line
	self    tenant
	scratch string // folder of the runs under way
	// patience is how long the server may be away before the worker leaves.
	patience time.Duration
	// data is the folder in which the users' data are looked for.
	data string
	log  func(text string)
	ctx  context.Context // that of the whole worker
	// anyLeft ends when the server says that all runs have ended.
	anyLeft  context.Context
	noneLeft func()
	// read reads the run of a task.
	read func(t task) (config.Run, error)

	mu     sync.Mutex
	held   map[string]*loan // by key
	left   int              // runs that had not ended, as the server said last
	broken error            // of this machine: it can do no more runs
}

// loan is a run that the worker has.
type loan struct {
	offer  offer
	task   task
	lease  string
	bundle []byte // what there was of it

	stop chan struct{} // ends the beats
	once sync.Once

	mu    sync.Mutex
	lost  error // why it is not this worker's any more
	saves int
}

// WorkerOptions are what a worker is told.
type WorkerOptions struct {
	// Scratch is a folder for the runs under way; what is left of it is removed.
	Scratch string
	// Data is the folder in which data files of the configurations are looked for.
	Data string
	// Patience is how long the server may be away before the worker leaves; 0 means
	// DefaultPatience.
	Patience time.Duration
	// Log is told what happens; nil for nobody.
	Log func(text string)
}

// DefaultPatience covers the restart of a server and of most networks.
const DefaultPatience = 15 * time.Minute

func (o WorkerOptions) withDefaults() WorkerOptions {
	o.Patience = cmp.Or(o.Patience, DefaultPatience)
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return o
}

// errAway is the error of a server that does not answer.
var errAway = errors.New("the server does not answer")

// newWorker makes a worker, if the server lets it work.
func newWorker(ctx context.Context, l line, o WorkerOptions) (*Worker, error) {
	o = o.withDefaults()
	w := &Worker{
		line: l, self: thisTenant(), scratch: o.Scratch, patience: o.Patience, data: o.Data, log: o.Log, ctx: ctx,
		held: map[string]*loan{},
	}

	w.anyLeft, w.noneLeft = context.WithCancel(ctx)
	w.read = func(t task) (config.Run, error) { return t.run(w.scratch, w.data) }
	_, err := w.ask(ctx, question{Kind: askHello})

	return w, err
}

// ask asks until the server answers, for as long as patience lasts. It is an error if the server
// refuses the worker.
func (w *Worker) ask(ctx context.Context, q question) (answer, error) {
	q.From = w.self
	var a answer
	err := w.persist(ctx, func() (err error) {
		a, err = w.line.ask(ctx, q)
		return err
	})

	if err != nil {
		return answer{}, err
	}

	if a.Verdict == refused {
		return a, fmt.Errorf("%w: %s", ErrRefused, a.Text)
	}

	w.mu.Lock()
	w.left = a.Left
	w.mu.Unlock()
	if a.Left == 0 {
		w.noneLeft()
	}

	return a, nil
}

// persist tries something that needs the server, again and again for as long as patience lasts.
func (w *Worker) persist(ctx context.Context, try func() error) error {
	const longest = 5 * time.Second
	begun := time.Now()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := try()
		if err == nil {
			return nil
		}

		if ctx.Err() != nil {
			return ctx.Err()
		}

		if errors.Is(err, rundir.ErrBusy) {
			return err
		}

		if away := time.Since(begun); away > w.patience {
			return experiments.NewMachineError(fmt.Errorf("%w since %v: %w", errAway, away.Round(time.Second), err))
		}

		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// tryOnce tries something that matters little.
func (w *Worker) tryOnce(_ context.Context, try func() error) error { return try() }

// sleep waits, or returns the error of a context that ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Next implements experiments.Source: it waits for a run that this worker may have, and reports
// that there is none when all have ended.
func (w *Worker) Next(ctx context.Context) (run config.Run, ok bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.anyLeft, cancel)()
	for ctx.Err() == nil {
		if err := w.fault(); err != nil {
			return run, false, err
		}

		o, err := w.take(ctx)
		if err != nil {
			return run, false, err
		}

		if o == nil {
			if _, err := w.ask(ctx, question{Kind: askHello}); err != nil && ctx.Err() == nil {
				return run, false, err
			}

			continue
		}

		run, ok, err := w.claim(ctx, o)
		if ok || err != nil {
			return run, ok, err
		}
	}

	return run, false, nil
}

// Left returns how many runs had not ended when the server was last asked anything.
func (w *Worker) Left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left
}

func (w *Worker) fault() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// take waits for an offer, in spite of a server that goes and comes.
func (w *Worker) take(ctx context.Context) (o offer, err error) {
	err = w.persist(ctx, func() (err error) {
		o, err = w.line.take(ctx)
		return err
	})
	if ctx.Err() != nil {
		return nil, nil
	}
	return o, err
}

// claim asks for a run on offer; ok is false if it is not to be had.
func (w *Worker) claim(ctx context.Context, o offer) (run config.Run, ok bool, err error) {
	l := &loan{offer: o, task: o.task(), lease: rand.Text(), stop: make(chan struct{})}
	q := question{Kind: askClaim, Run: l.task.Key, Lease: l.lease, Delivery: o.delivery()}
	a, err := w.ask(ctx, q)
	if err != nil {
		o.giveBack(0)
		if ctx.Err() != nil {
			return run, false, nil
		}

		return run, false, err
	}

	switch a.Verdict {
	case granted:
	case waiting:
		o.giveBack(a.Delay) // where that does not arrive, the run is offered again after the hold
		return run, false, nil
	case ended:
		o.done()
		return run, false, nil
	default:
		return run, false, nil
	}

	run, err = w.receive(ctx, l, a)
	if err != nil {
		w.ask(ctx, question{Kind: askRelease, Run: l.task.Key, Lease: l.lease, Why: err.Error()})
		o.giveBack(a.Hold)
		return run, false, err
	}

	w.mu.Lock()
	w.held[l.task.Key] = l
	w.mu.Unlock()
	go w.beat(l, a.Hold/3)

	return run, true, nil
}

// receive unpacks a run and what there is of it.
func (w *Worker) receive(ctx context.Context, l *loan, a answer) (run config.Run, err error) {
	if run, err = w.read(l.task); err != nil {
		return run, err
	}
	if a.Parcel != nil {
		err = w.persist(ctx, func() (err error) {
			l.bundle, err = w.line.open(ctx, *a.Parcel)
			return err
		})
	}
	return run, err
}

// run reads the run of a task.
func (t task) run(scratch, data string) (run config.Run, err error) {
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return run, err
	}

	file, err := os.CreateTemp(scratch, "config-*.yaml")
	if err != nil {
		return run, err
	}

	defer os.Remove(file.Name())

	_, err = file.Write(t.Config)
	if err := errors.Join(err, file.Close()); err != nil {
		return run, err
	}

	e, err := config.Load(file.Name(), config.Options{})
	if err != nil {
		return run, fmt.Errorf("the server's configuration of run %s: %w", t.Key, err)
	}

	run = e.Runs[0]
	run.Dir = data
	if len(e.Runs) != 1 || keyOf(run) != t.Key || run.ID != t.ID {
		return run, fmt.Errorf("%w: it takes run %s for %s, so it must be another "+
			"liptrack", ErrRefused, t.Key, keyOf(run))
	}

	return run, nil
}

// beat tells the server that the run is under way until it has ended or is lost.
func (w *Worker) beat(l *loan, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticks.C:
		}

		l.offer.extend() // if it fails, the question below does, too, or the next beat succeeds
		ctx, cancel := context.WithTimeout(w.ctx, every)
		a, err := w.line.ask(ctx, question{Kind: askBeat, From: w.self, Run: l.task.Key, Lease: l.lease})
		cancel()
		if err == nil && (a.Verdict == lost || a.Verdict == ended) {
			l.lose(fmt.Errorf("run %s: %w on it since the server did not hear of this one", l.task.Key, rundir.ErrBusy))
			return
		}
	}
}

func (l *loan) lose(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == nil {
		l.lost = why
	}
}

func (l *loan) isLost() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Open implements experiments.Store: it makes a folder on this machine with what there is of the
// run.
func (w *Worker) Open(_ context.Context, run config.Run) (experiments.Workspace, error) {
	w.mu.Lock()
	l := w.held[keyOf(run)]
	w.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("run %s: %w on it", keyOf(run), rundir.ErrBusy)
	}

	path := filepath.Join(w.scratch, run.Config.Name, run.Name)
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}

	folder, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}

	b, err := unpackBundle(l.bundle)
	if err == nil {
		err = b.store(folder, false)
	}

	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}

	l.bundle = nil

	return newWorkspace(w, l, folder), nil
}

// Done implements experiments.Source: it tells the server what a run came to.
func (w *Worker) Done(out experiments.Outcome) {
	key := keyOf(out.Run)
	w.mu.Lock()
	l := w.held[key]
	delete(w.held, key)
	w.mu.Unlock()
	if l == nil || out.Busy || l.isLost() != nil {
		l.end()
		return
	}

	defer l.end()

	ctx := context.WithoutCancel(w.ctx)
	status := out.Status
	switch {
	case isOfPlace(out.Err):
		w.giveUp(out.Err)
		w.release(ctx, l, out.Err.Error())
		return
	case out.Err != nil:
		status.State, status.Error = rundir.Failed, out.Err.Error()
	case !status.Ended():
		w.release(ctx, l, "")
		return
	}

	a, err := w.ask(ctx, question{Kind: askFinish, Run: key, Lease: l.lease, Status: &status})
	for err == nil && a.Verdict == waiting {
		if err = sleep(w.ctx, a.Delay); err == nil {
			a, err = w.ask(ctx, question{Kind: askFinish, Run: key, Lease: l.lease, Status: &status})
		}
	}

	if err != nil {
		w.log(fmt.Sprintf("run %s has ended, and the server does not know: %v", key, err))
		return
	}

	if a.Verdict == granted || a.Verdict == ended {
		l.offer.done()
		os.RemoveAll(filepath.Join(w.scratch, out.Run.Config.Name, out.Run.Name))
	}
}

// release gives a run back, so that another worker goes on with it at once.
func (w *Worker) release(ctx context.Context, l *loan, why string) {
	if _, err := w.ask(ctx, question{Kind: askRelease, Run: l.task.Key, Lease: l.lease, Why: why}); err == nil {
		l.offer.giveBack(0)
	}
}

// giveUp has the worker take no more runs.
func (w *Worker) giveUp(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = experiments.NewMachineError(fmt.Errorf("this machine cannot do these runs: %w", why))
}

// isOfPlace reports whether a run failed because of the machine, so that it may succeed elsewhere:
// a disk, a file of data that is not here, a server out of reach.
func isOfPlace(err error) bool {
	return experiments.IsOfMachine(err) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errAway)
}

// end stops the beats; of no loan too.
func (l *loan) end() {
	if l != nil {
		l.once.Do(func() { close(l.stop) })
	}
}
