// Package queue does sweeps on machines without a scheduler. A [Server] holds the runs and collects
// their folders; a [Worker] is a source of runs and a store of their results on another machine.
//
// Between them is NATS JetStream. Runs are on offer in a stream of work: a worker that takes one
// extends its hold while it works, and a run whose worker is silent is offered again. What workers
// save goes through a second stream, which the server reads in order into the folders of the runs,
// so that nothing that was acknowledged depends on the server's memory. All decisions are the
// server's: it lends a run to one worker at a time under a lease, and what comes under an older
// lease is dropped.
package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// protocol is the version of what servers and workers say to each other.
const protocol = 2

// keyOf names a run among those of all experiments.
func keyOf(run config.Run) string {
	return run.Config.Name + "/" + run.Name
}

// task is a run for a worker that has claimed it.
type task struct {
	ID      string   `json:"id"`
	Config  []byte   `json:"config"` // YAML, of what is not at its default
	Changed []string `json:"changed,omitempty"`
}

// taskOf describes a run to a worker.
func taskOf(run config.Run) *task {
	return &task{
		ID:      run.ID,
		Config:  config.MarshalBriefly(run.Config),
		Changed: run.Changed,
	}
}

// run returns the run that has a key, whose data are in a folder.
func (t task) run(key, data string) (run config.Run, err error) {
	e, err := config.Load("run "+key, config.Options{Text: string(t.Config)})
	if err != nil {
		return run, fmt.Errorf("the server's configuration: %w", err)
	}

	run = e.Runs[0]
	run.Dir, run.Changed = data, t.Changed
	if len(e.Runs) != 1 || keyOf(run) != key || run.ID != t.ID {
		const refusal = "%w: it takes run %s for %s, so it must be another liptrack"
		return run, fmt.Errorf(refusal, ErrRefused, key, keyOf(run))
	}

	return run, nil
}

// tenant is a worker as it introduces itself.
type tenant struct {
	rundir.Worker
	Protocol int    `json:"protocol"`
	Program  string `json:"program"` // version
	// Kernels do the products of its runs: series of other kernels differ in their last bits.
	Kernels string `json:"kernels"`
}

// Kinds of questions that a worker asks the server.
const (
	askHello   = "hello"   // may I work, and is there anything left to do?
	askClaim   = "claim"   // may I have this run, which was offered to me?
	askBeat    = "beat"    // I am alive; is the run still mine?
	askFinish  = "finish"  // the run has ended, with this status
	askRelease = "release" // I give the run back
	// askPresence asks whether a server has the queue.
	askPresence = "presence"
	askStatus   = "status" // how far are the runs?
	askRetry    = "retry"  // have runs that failed done again
)

// question is what a worker asks.
type question struct {
	Kind string `json:"kind"`
	From tenant `json:"from"`
	Run  string `json:"run,omitempty"` // its key
	// Lease is a name that the worker makes up when it claims a run; the run is lent under it.
	Lease string `json:"lease,omitempty"`
	// Delivery counts how often runs were offered: of two offers of a run the higher is newer.
	Delivery uint64 `json:"delivery,omitempty"`
	// Saved is the number of the last save that was acknowledged of a run that ends or is given
	// back.
	Saved int `json:"saved,omitempty"`
	// Status is the status of a run that has ended.
	Status *rundir.Status `json:"status,omitempty"`
	// Why is the reason for giving a run back.
	Why string `json:"why,omitempty"`
}

// verdict is the gist of an answer.
type verdict string

const (
	granted verdict = "granted"
	waiting verdict = "wait"    // ask again later
	ended   verdict = "ended"   // the run has ended, or there is none of that name
	lost    verdict = "lost"    // another worker has the run
	refused verdict = "refused" // this worker may not work, as the text says
)

// answer is what the server says.
type answer struct {
	Verdict verdict       `json:"verdict"`
	Text    string        `json:"text,omitempty"`
	Delay   time.Duration `json:"delay,omitempty"` // before asking again
	// Left is the number of runs that have not ended.
	Left int `json:"left"`
	// Again is the number of runs that are done again.
	Again int `json:"again,omitempty"`
	// Hold is how long a worker may be silent before its runs are offered to others.
	Hold time.Duration `json:"hold,omitempty"`
	// Task is the run that is granted.
	Task *task `json:"task,omitempty"`
	// Parcel has what there is of a run that goes on, or the JSON of a status.
	Parcel *parcel `json:"parcel,omitempty"`
}

// save is what a worker sends back of a run.
type save struct {
	Run    string `json:"run"`
	Lease  string `json:"lease"`
	Number int    `json:"number"` // counts the saves of a lease, from 1
	// Durable says that others can go on from here, so that it is to be on disk before it counts.
	Durable bool   `json:"durable"`
	Parcel  parcel `json:"parcel"`
}

// parcel is bytes on their way: within the message, or in the object store where they are many.
type parcel struct {
	Inline []byte `json:"inline,omitempty"`
	Object string `json:"object,omitempty"`
	Sum    string `json:"sha256"`
}

// mostInline is how many bytes go within a message, which holds a megabyte with its encoding.
const mostInline = 256 << 10

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// check returns an error unless the bytes are those that were sent.
func (p parcel) check(data []byte) error {
	if is := sumOf(data); is != p.Sum {
		return fmt.Errorf("what arrived is not what was sent: SHA-256 %.12s…, not %.12s…",
			is, p.Sum)
	}
	return nil
}

// ErrRefused is the error of a worker that the server does not let work.
var ErrRefused = errors.New("the server refuses this worker")

// check returns a sentence if a worker must not work for this server, else nothing.
func (t tenant) check(server tenant) string {
	if t.Protocol != server.Protocol {
		return fmt.Sprintf("it speaks version %d of the protocol, and the server version %d: use the same "+
			"liptrack on both",
			t.Protocol, server.Protocol)
	}
	if t.Program != server.Program {
		return fmt.Sprintf("it is liptrack %s, and the server is liptrack %s: use the same on "+
			"both", t.Program, server.Program)
	}
	return ""
}
