// Command liptrack trains neural networks, tracks bounds on their Lipschitz constants
// while they train, and reports what it saw.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/liptrack/liptrack/internal/input"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	context.AfterFunc(ctx, stop) // so that a second signal ends the program at once
	// The buffer lets the goroutine end even if nothing receives from it any more.
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, os.Args[1:], os.Stdout, os.Stderr) }()

	late, _ := lingering(ctx, patience)
	var err error
	select {
	case err = <-ended:
	case <-late.Done(): // it is measuring or waiting for a file
		err = fmt.Errorf(
			"%w; all saved files are complete, and the same command resumes from them",
			errStopped,
		)
	}

	// A wrapped error has a better message.
	if err == context.Canceled {
		err = errStopped
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, "liptrack:", input.Message(err.Error()))
		os.Exit(exitCode(err))
	}
}
