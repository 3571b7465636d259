//go:build !unix

package main

import (
	"os"
	"syscall"
)

// stopSignals returns the signals that save runs and end the program.
func stopSignals() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM}
}
