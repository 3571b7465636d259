package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/liptrack/liptrack/experiments"
)

// Exit statuses beside 0 for all is well and 1 for a command that could not do what was asked.
// Schedulers decide by them; docs/cluster.md explains them to readers.
const (
	exitRunFailed = 3  // runs failed, the others ended: doing them again fails again
	exitMachine   = 4  // the machine is at fault: the same command may go on elsewhere
	exitGoOn      = 75 // stopped and saved: the same command goes on (EX_TEMPFAIL of sysexits)
)

// errStopped is the error of a command that a signal ended.
var errStopped = errors.New("interrupted")

// stoppedAndSaved returns the error that says how a command that a signal ended goes on.
func stoppedAndSaved() error {
	return fmt.Errorf("%w and saved; the same command goes on: %s", errStopped, commandLine(os.Args))
}

// exitCode returns the status that an error asks for.
func exitCode(err error) int {
	var coded interface{ ExitCode() int }
	var machine *experiments.MachineError
	var run *experiments.RunError

	switch {
	// The order matters: a joined error may hold several of these, and the gravest for a scheduler
	// decides.
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.As(err, &machine):
		return exitMachine
	case errors.Is(err, errStopped) || errors.Is(err, context.Canceled):
		return exitGoOn
	case errors.As(err, &run):
		return exitRunFailed
	default:
		return 1
	}
}

const (
	// patience is how long a command may take to end after a signal. Files are whole or not there,
	// and a run goes on from its last checkpoint, so the program can end at any time.
	patience = 1500 * time.Millisecond
	// reporting is how much of that may go into reports.
	reporting = 1000 * time.Millisecond
)

// lingering returns a context that ends a while after another.
func lingering(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	// The values of the context stay; only its end is put off.
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return longer, cancel
}
