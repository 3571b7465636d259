package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// The simulation runs real servers and workers in virtual time. Runs are fake: they take a given
// time and regularly save their progress. The connection between servers and workers behaves like
// JetStream over a network that drops and delays messages and is cut for minutes. Machines die and
// new ones arrive.

// simulation is a shelf and the streams between the server and the workers.
type simulation struct {
	server *Server
	random *rand.Rand
	runs   []config.Run
	needs  map[string]time.Duration // time that each run takes
	drops  float64                  // fraction of the messages that get lost

	mu      sync.Mutex
	stands  map[string]*simulatedRun
	queue   []*simulatedOffer // on offer
	count   uint64            // number of deliveries
	arrived chan struct{}     // closed when something is put on offer
}

// simulatedRun is a run on the shelf.
type simulatedRun struct {
	lease string
	done  time.Duration // completed part of the time it needs
	ended int           // times
	lent  int
}

func newSimulation(seed uint64, lengths []time.Duration, hold time.Duration, drops float64) (*simulation, error) {
	s := &simulation{
		random: rand.New(rand.NewPCG(seed, 1)), drops: drops, needs: map[string]time.Duration{},
		stands: map[string]*simulatedRun{}, arrived: make(chan struct{}),
	}

	for i, length := range lengths {
		c := &config.Config{Name: "simulated"}
		c.Train.Stop.Epochs = int(length.Seconds()) // the expected cost of the run
		run := config.Run{Config: c, Name: fmt.Sprintf("run-%d", i), ID: fmt.Sprint(i)}
		s.runs = append(s.runs, run)
		s.needs[keyOf(run)] = length
		s.stands[keyOf(run)] = &simulatedRun{}
	}

	var err error
	if s.server, err = newServer(s.runs, s, Options{Hold: hold, SameKernels: time.Hour}); err != nil {
		return nil, err
	}
	for _, run := range s.server.order {
		s.queue = append(s.queue, &simulatedOffer{from: s, run: keyOf(run)})
	}
	return s, nil
}

// The shelf.

func (s *simulation) standing(run config.Run) (standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.stands[keyOf(run)]
	return standing{ended: r.ended > 0, lease: r.lease}, nil
}

func (s *simulation) progress(run config.Run) (string, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stands[keyOf(run)].done == 0 {
		return "", 0, nil
	}
	return experiments.Kernels(), 1, nil
}

func (s *simulation) lend(run config.Run, to rundir.Worker, _ bool, _ string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.stands[keyOf(run)]
	r.lease = to.Lease
	r.lent++
	return fmt.Appendf(nil, "%d", r.done), nil
}

func (s *simulation) add(run config.Run, bundle []byte, _ bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := fmt.Sscan(string(bundle), &s.stands[keyOf(run)].done)
	return err
}

func (s *simulation) end(run config.Run, _ rundir.Status) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stands[keyOf(run)].ended++
	return nil
}

func (s *simulation) giveBack(run config.Run, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stands[keyOf(run)].lease = ""
	return nil
}

// The streams.

// simulatedOffer is a message of the stream of runs.
type simulatedOffer struct {
	from  *simulation
	run   string      // its key
	timer *time.Timer // offers it again
}

// putBack offers a run again, before those that were never taken.
func (o *simulatedOffer) putBack() {
	o.from.mu.Lock()
	defer o.from.mu.Unlock()
	o.from.queue = append([]*simulatedOffer{o}, o.from.queue...)
	close(o.from.arrived)
	o.from.arrived = make(chan struct{})
}

// delivered is one delivery of an offer to a worker on a line.
type delivered struct {
	*simulatedOffer
	line *simulatedLine
}

func (d *delivered) InProgress() error {
	if err := d.line.pass(); err != nil {
		return err
	}
	d.timer.Reset(d.from.server.options.Hold)
	return nil
}

func (d *delivered) Ack() error {
	if err := d.line.pass(); err != nil {
		return err
	}
	d.timer.Stop()
	return nil
}

func (d *delivered) NakWithDelay(after time.Duration) error {
	if err := d.line.pass(); err != nil {
		return err
	}
	d.timer.Reset(after)
	return nil
}

// simulatedLine is a worker's connection to the server.
type simulatedLine struct {
	of   *simulation
	dead context.Context // ends when the worker's machine dies
	cut  time.Time       // when the network is cut for some minutes
}

// partition is how long the network is cut, which is longer than the server waits for a worker.
const partition = 5 * time.Minute

var errDropped = errors.New("the network dropped a message")

// pass delays a message or loses it.
func (l *simulatedLine) pass() error {
	l.of.mu.Lock()
	delay := time.Duration(l.of.random.ExpFloat64() * float64(50*time.Millisecond))
	lost := l.of.random.Float64() < l.of.drops || time.Since(l.cut) > 0 && time.Since(l.cut) < partition
	l.of.mu.Unlock()
	if err := sleep(l.dead, delay); err != nil {
		return err
	}
	if lost {
		return errDropped
	}
	return nil
}

func (l *simulatedLine) take(ctx context.Context) (*offer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		l.of.mu.Lock()
		if len(l.of.queue) > 0 && l.dead.Err() == nil {
			o := l.of.queue[0]
			l.of.queue = l.of.queue[1:]
			l.of.count++
			d := &offer{o.run, l.of.count, &delivered{o, l}}
			o.timer = time.AfterFunc(l.of.server.options.Hold, o.putBack)
			l.of.mu.Unlock()
			if l.pass() != nil {
				return nil, errDropped // the message is lost, and is offered again after a while
			}
			return d, nil
		}

		arrived := l.of.arrived
		l.of.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

func (l *simulatedLine) ask(ctx context.Context, q question) (answer, error) {
	if err := l.pass(); err != nil {
		return answer{}, errors.Join(err, sleep(ctx, patienceOfRequest))
	}
	a := l.of.server.answer(ctx, q)
	if err := l.pass(); err != nil { // the answer is lost: the question had its effect
		return answer{}, errors.Join(err, sleep(ctx, patienceOfRequest))
	}
	return a, ctx.Err()
}

func (l *simulatedLine) send(ctx context.Context, v save, bundle []byte) error {
	if err := l.pass(); err != nil {
		return err
	}
	if err := l.of.server.collect(v, bundle); err != nil {
		return err
	}
	return l.pass()
}

func (l *simulatedLine) open(_ context.Context, p parcel) ([]byte, error) {
	return p.Inline, p.checkData(p.Inline)
}

// work simulates a machine that does runs until none are left or it dies.
func (s *simulation) work(ctx context.Context, pid int) error {
	s.mu.Lock()
	cut := time.Now().Add(time.Duration(s.random.ExpFloat64() * 4 * float64(time.Hour)))
	s.mu.Unlock()
	w := &Worker{
		line: &simulatedLine{s, ctx, cut}, self: thisTenant(), scratch: "/nonexistent/liptrack", patience: time.Hour,
		log: func(string) {}, ctx: ctx, held: map[string]*loan{},
	}

	w.self.PID = pid
	w.anyLeft, w.noneLeft = context.WithCancel(ctx)
	w.read = func(_ string, t task) (config.Run, error) {
		var i int
		_, err := fmt.Sscan(t.ID, &i)
		return s.runs[i], err
	}

	for {
		run, ok, err := w.Next(ctx)
		if err != nil || !ok {
			return err
		}
		w.Done(s.do(ctx, w, run))
	}
}

// do resumes a fake run and saves every three minutes.
func (s *simulation) do(ctx context.Context, w *Worker, run config.Run) experiments.Outcome {
	w.mu.Lock()
	l := w.held[keyOf(run)]
	w.mu.Unlock()
	var done time.Duration
	fmt.Sscan(string(l.bundle), &done)
	need := s.needs[keyOf(run)]
	out := experiments.Outcome{Run: run, Status: rundir.Status{State: rundir.Completed}}

	for done < need {
		step := min(3*time.Minute, need-done)
		if err := sleep(ctx, step); err != nil {
			return experiments.Outcome{Run: run, Busy: true} // the machine is dead
		}
		done += step
		v := save{Run: keyOf(run), Lease: l.lease, Number: l.numberSave()}
		err := w.persist(ctx, func() error {
			if err := l.isLost(); err != nil {
				return err
			}
			return w.line.send(ctx, v, fmt.Appendf(nil, "%d", done))
		})
		if err != nil {
			return experiments.Outcome{Run: run, Busy: true}
		}
		l.saved.Store(int64(v.Number))
	}

	return out
}

// TestTenThousandRuns simulates 200 machines. No run is lost or completed twice, the total time is
// close to the optimum, and the server's memory stays small.
func TestTenThousandRuns(t *testing.T) {
	const machines, runs = 200, 10_000
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 7))
		lengths := make([]time.Duration, runs)
		var total, longest time.Duration

		for i := range lengths {
			lengths[i] = time.Duration(float64(time.Minute) * (1 + 8*random.ExpFloat64()))
			total += lengths[i]
			longest = max(longest, lengths[i])
		}

		before := heap()
		s, err := newSimulation(1, lengths, 2*time.Minute, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		memory := heap() - before
		begun := time.Now()
		var workers sync.WaitGroup
		deaths := 0

		for m := range machines {
			workers.Go(func() {
				// A machine dies after about three hours, and a new one comes two minutes later.
				for pid := m; s.server.Left() > 0; pid += machines {
					s.mu.Lock()
					life := time.Duration(s.random.ExpFloat64() * 3 * float64(time.Hour))
					s.mu.Unlock()
					ctx, die := context.WithTimeout(t.Context(), life)
					err := s.work(ctx, pid)
					died := ctx.Err() != nil
					die()

					if !died {
						if err != nil {
							t.Error(err)
						}
						return
					}

					s.mu.Lock()
					deaths++
					s.mu.Unlock()
					time.Sleep(2 * time.Minute)
				}
			})
		}

		<-s.server.ended
		makespan := time.Since(begun)
		workers.Wait()

		again := 0

		for key, r := range s.stands {
			if r.ended != 1 {
				t.Errorf("%s ended %d times", key, r.ended)
			}
			again += r.lent - 1
		}

		best := max(longest, total/machines)
		t.Logf("%v for %d runs on %d machines, at best %v (%.1f %% more); %d machines died, %d times runs were lent again, "+
			"%d bytes of the server for a run", makespan.Round(time.Second), runs, machines, best.Round(time.Second),
			100*(makespan.Seconds()/best.Seconds()-1), deaths, again, memory/runs)
		if makespan > best*11/10 {
			t.Errorf("it takes %v, and %v is possible", makespan, best)
		}
		if memory/runs > 20_000 {
			t.Errorf("the server takes %d bytes for a run", memory/runs)
		}
		if deaths < 10 || again < deaths/2 {
			t.Errorf("%d machines died and %d runs were lent again: that is no test", deaths, again)
		}
	})
}

// heap returns the number of heap bytes in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
