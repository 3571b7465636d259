// Package queue runs sweeps on several machines without a scheduler. A [Server] has the runs and
// collects their folders. A [Worker] on another machine is a source of runs and a store of their
// results.
//
// They communicate over NATS JetStream. One stream offers the runs: a worker that takes a run
// extends its hold while it works, and a run whose worker is silent is offered again. A second
// stream carries the workers' saves. The server writes these in order into the folders of the runs,
// so acknowledged saves do not depend on the server's memory. The server makes all decisions: it
// lends a run to one worker at a time under a lease, and drops messages under an older lease.
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

// protocol is the version of the protocol between servers and workers.
const protocol = 2

// keyOf returns the unique name of a run among all experiments.
func keyOf(run config.Run) string {
	return run.Config.Name + "/" + run.Name
}

// task describes a run to the worker that has claimed it.
type task struct {
	ID      string   `json:"id"`
	Config  []byte   `json:"config"` // YAML of the keys that are not at their defaults
	Changed []string `json:"changed,omitempty"`
}

// taskOf returns the task of a run.
func taskOf(run config.Run) *task {
	return &task{
		ID:      run.ID,
		Config:  config.MarshalBriefly(run.Config),
		Changed: run.Changed,
	}
}

// runOf returns the run of the task. It fails if the run's key or ID differs, as in another version
// of liptrack. data is the folder of the data files.
func (t task) runOf(key, data string) (run config.Run, err error) {
	e, err := config.Load("run "+key, config.Options{Text: string(t.Config)})
	if err != nil {
		return run, fmt.Errorf("the server's configuration: %w", err)
	}

	run = e.Runs[0]
	run.Dir, run.Changed = data, t.Changed
	if len(e.Runs) != 1 || keyOf(run) != key || run.ID != t.ID {
		const refusal = "%w: it reads run %s as %s, so it must be another version of liptrack"
		return run, fmt.Errorf(refusal, ErrRefused, key, keyOf(run))
	}

	return run, nil
}

// tenant is a worker as it introduces itself.
type tenant struct {
	rundir.Worker
	Protocol int    `json:"protocol"`
	Program  string `json:"program"` // version
	// Kernels names the kernels for matrix products. Series computed by other kernels differ in
	// their last bits.
	Kernels string `json:"kernels"`
}

// Kinds of questions that a worker asks the server.
const (
	askHello   = "hello"   // may I work, and is there anything left to do?
	askClaim   = "claim"   // may I have this run, which was offered to me?
	askBeat    = "beat"    // I am alive; is the run still mine?
	askFinish  = "finish"  // the run has ended, with this status
	askRelease = "release" // I give the run back
	// askPresence asks whether a server already has the queue.
	askPresence = "presence"
	askStatus   = "status" // how far are the runs?
	askRetry    = "retry"  // do failed runs again
)

// question is a message from a worker to the server.
type question struct {
	Kind string `json:"kind"`
	From tenant `json:"from"`
	Run  string `json:"run,omitempty"` // key of the run
	// Lease is a random name that the worker chooses when it claims a run, and under which it is
	// lent.
	Lease string `json:"lease,omitempty"`
	// Delivery counts the deliveries of offers. Of two offers of a run, the higher one is newer.
	Delivery uint64 `json:"delivery,omitempty"`
	// Saved is the number of the last acknowledged save of a run that ends or is given back.
	Saved int `json:"saved,omitempty"`
	// Status is the status of a run that has ended.
	Status *rundir.Status `json:"status,omitempty"`
	// Why is the reason for giving a run back.
	Why string `json:"why,omitempty"`
}

// verdict is the decision in an answer.
type verdict string

const (
	granted verdict = "granted"
	waiting verdict = "wait"    // ask again later
	ended   verdict = "ended"   // the run has ended or does not exist
	lost    verdict = "lost"    // another worker has the run
	refused verdict = "refused" // this worker may not work; the text gives the reason
)

// answer is the reply of the server.
type answer struct {
	Verdict verdict       `json:"verdict"`
	Text    string        `json:"text,omitempty"`
	Delay   time.Duration `json:"delay,omitempty"` // before asking again
	// Left is the number of runs that have not ended.
	Left int `json:"left"`
	// Again is the number of runs that will be done again.
	Again int `json:"again,omitempty"`
	// Hold is how long a worker may be silent before its runs are offered to others.
	Hold time.Duration `json:"hold,omitempty"`
	// Task is the granted run.
	Task *task `json:"task,omitempty"`
	// Parcel holds the existing files of a run that resumes, or a status as JSON.
	Parcel *parcel `json:"parcel,omitempty"`
}

// save is a part of a run's results that a worker sends back.
type save struct {
	Run    string `json:"run"`
	Lease  string `json:"lease"`
	Number int    `json:"number"` // counts the saves of a lease, from 1
	// Durable is true if other workers can resume from this save. It is then acknowledged only once
	// it is on disk.
	Durable bool   `json:"durable"`
	Parcel  parcel `json:"parcel"`
}

// parcel holds data in transit: within the message or, if they are large, in the object store.
type parcel struct {
	Inline []byte `json:"inline,omitempty"`
	Object string `json:"object,omitempty"`
	Sum    string `json:"sha256"`
}

// mostInline is the largest number of bytes sent within a message. With its encoding a message can
// hold a megabyte.
const mostInline = 256 << 10

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// checkData returns an error if the checksum of the data does not match.
func (p parcel) checkData(data []byte) error {
	if is := sumOf(data); is != p.Sum {
		return fmt.Errorf("the data received differ from the data sent: SHA-256 %.12s…, not %.12s…",
			is, p.Sum)
	}
	return nil
}

// ErrRefused is the error of a worker that the server does not let work.
var ErrRefused = errors.New("the server refuses this worker")

// checkAgainst returns the reason if the worker must not work for the server, else "".
func (t tenant) checkAgainst(server tenant) string {
	if t.Protocol != server.Protocol {
		return fmt.Sprintf("the worker speaks version %d of the protocol, and the server version %d: use the same "+
			"liptrack on both",
			t.Protocol, server.Protocol)
	}
	if t.Program != server.Program {
		return fmt.Sprintf("the worker is liptrack %s, and the server is liptrack %s: use the same version on "+
			"both", t.Program, server.Program)
	}
	return ""
}
