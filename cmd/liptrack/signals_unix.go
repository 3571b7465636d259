//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// stopSignals lists the signals upon which a run is saved and the program ends: Ctrl-C, those of
// schedulers, and the end of the terminal unless nohup has that ignored.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
