package audit

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/memory"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
)

// availableMemory is how much memory there is, and littleMemory what no machine lacks, so that
// nobody needs to ask; tests put others here.
var (
	availableMemory = func() float64 { return float64(memory.Available()) }
	littleMemory    = 1e6
)

// lacking says how much memory something takes and how much there is, if that is less; else it is
// empty.
func lacking(bytes float64) string {
	if bytes <= littleMemory {
		return ""
	}

	available := availableMemory()
	if bytes <= available {
		return ""
	}

	return fmt.Sprintf("%.3g GB of memory, and there are %.3g GB", bytes/1e9, available/1e9)
}

// checkMemory refuses a network of which memory does not even hold what every bound begins with.
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

// nearMemory returns how many bytes the bounds near single samples take at the least, which are
// computed on all processors at once: the bounds of the network there, or what the encloser carries
// of the layers so far.
func nearMemory(net *network.Network) float64 {
	widest := 0
	for _, l := range net.Layers[:len(net.Layers)-1] {
		widest = max(widest, l.Out())
	}

	const bytesOfNumber = 8
	carried := bytesOfNumber * float64(widest) * float64(net.In())

	return float64(processors.Count()) * max(carried, bounds.RelaxedMemory(net))
}

// nearMatrices returns the network as matrices for the bounds near single samples, nil where they
// cannot be had. If memory is why, the report says so.
func (a *auditor) nearMatrices() *network.Network {
	written := writtenOut(a.net)
	if written == nil {
		return nil
	}

	reason := lacking(nearMemory(written))
	if reason == "" {
		return written
	}

	a.addNote("bounds near single samples would take " + reason + ": in their place stand those of the whole network")

	return nil
}

// addNote adds a sentence to what the report says of the model.
func (a *auditor) addNote(note string) {
	notes := &a.report.Model.Notes
	*notes = append((*notes)[:len(*notes):len(*notes)], note) // never into the caller's own slice
}
