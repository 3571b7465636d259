//go:build !unix

package main

import (
	"os"
	"syscall"
)

// stopSignals lists the signals upon which a run is saved and the program ends.
func stopSignals() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM}
}
