package audit

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/memory"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
)

// availableMemory returns the available memory in bytes. Below littleMemory, which every machine
// has, it is not called. Tests replace both.
var (
	availableMemory = func() float64 { return float64(memory.Available()) }
	littleMemory    = 1e6
)

// lacking describes the needed and the available memory if the available memory does not suffice;
// otherwise it returns "".
func lacking(bytes float64) string {
	if bytes <= littleMemory {
		return ""
	}

	available := availableMemory()
	if bytes <= available {
		return ""
	}

	return fmt.Sprintf(
		"%.3g GB of memory, but only %.3g GB are available",
		bytes/1e9,
		available/1e9,
	)
}

// checkMemory returns an error if memory does not suffice for the data that every bound needs.
func checkMemory(net *network.Network) error {
	reason := lacking(bounds.Memory(net))
	if reason == "" {
		return nil
	}

	largest := net.Layers[0]
	for _, l := range net.Layers {
		if min(l.In(), l.Out()) > min(largest.In(), largest.Out()) {
			largest = l
		}
	}

	return fmt.Errorf("its bounds need at least %s: the largest of %d layers has %d inputs and %d outputs",
		reason, len(net.Layers), largest.In(), largest.Out())
}

// nearMemory returns the least number of bytes for the bounds near single samples, which are
// computed on all processors at once: for the bounds of the network there or for the matrices that
// the encloser propagates, whichever is larger.
func nearMemory(net *network.Network) float64 {
	widest := 0
	for _, l := range net.Layers[:len(net.Layers)-1] {
		widest = max(widest, l.Out())
	}

	const bytesOfNumber = 8
	carried := bytesOfNumber * float64(widest) * float64(net.In())

	return float64(processors.Count()) * max(carried, bounds.RelaxedMemory(net))
}

// nearMatrices returns the network as matrices for the bounds near single samples, or nil if these
// cannot be computed. If memory does not suffice, it adds a note to the report.
func (a *auditor) nearMatrices() *network.Network {
	written := writtenOut(a.net)
	if written == nil {
		return nil
	}

	reason := lacking(nearMemory(written))
	if reason == "" {
		return written
	}

	a.addNote("bounds near single samples would take " + reason + "; bounds of the whole network replace them")

	return nil
}

// addNote adds a sentence to the report's notes on the model.
func (a *auditor) addNote(note string) {
	notes := &a.report.Model.Notes
	*notes = append((*notes)[:len(*notes):len(*notes)], note) // never writes to the caller's slice
}
