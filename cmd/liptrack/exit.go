package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/liptrack/liptrack/experiments"
)

// Exit statuses in addition to 0 for success and 1 for a command that failed. Schedulers act on
// them; docs/cluster.md documents them.
const (
	exitRunFailed = 3  // runs failed and the others ended; repeating them would fail again
	exitMachine   = 4  // the machine is at fault; the same command may continue elsewhere
	exitGoOn      = 75 // stopped and saved; the same command continues (EX_TEMPFAIL of sysexits)
)

// errStopped is the error of a command stopped by a signal.
var errStopped = errors.New("interrupted")

// stoppedAndSaved returns the error of a command stopped by a signal, with the command that
// continues it.
func stoppedAndSaved() error {
	return fmt.Errorf("%w and saved; to resume: %s", errStopped, commandLine(os.Args))
}

// exitCode returns the exit status for an error.
func exitCode(err error) int {
	var coded interface{ ExitCode() int }
	var machine *experiments.MachineError
	var run *experiments.RunError

	switch {
	// The order matters: a joined error may contain several of these, and the most serious one for
	// a scheduler decides.
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
	// patience is how long a command may take to end after a signal. The program can end at any
	// time, because files are written atomically and runs resume from their last checkpoint.
	patience = 1500 * time.Millisecond
	// reporting is the part of this time available for reports.
	reporting = 1000 * time.Millisecond
)

// lingering returns a context that ends some time after ctx.
func lingering(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	// The values of the context stay; only its end is delayed.
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return longer, cancel
}
