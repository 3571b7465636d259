package bounds

import (
	"github.com/liptrack/liptrack/network"
)

// The memory of a bound is how many bytes it takes at the least, from the sizes of the network's
// layers alone: what needs more than there is can be refused before anything is allocated, and
// nothing is refused that fits. [network.Outline] makes networks that have nothing but sizes.

// bytesOfNumber is what a float64 takes.
const bytesOfNumber = 8

// Memory returns the memory of [NewWhole] and of any bound: of the stretches that have matrices a
// copy of these, and of other layers than dense ones the matrices, beside the norms.
func Memory(net *network.Network) float64 {
	return overStretches(net, denseMemory)
}

// RelaxedMemory returns the memory of the bounds of the family of EclipseFast, LipSDP among them:
// for each hidden layer of a stretch three square matrices beside [Memory].
func RelaxedMemory(net *network.Network) float64 {
	return overStretches(net, relaxedMemory)
}

// OptimalMemory returns the memory of LipSDPOptimal: where it solves the program, 10·N² numbers for
// N hidden neurons in all, beside [Memory].
func OptimalMemory(net *network.Network) float64 {
	return overStretches(net, optimalMemory)
}

// overStretches returns the memory of bounds that are computed of one stretch with matrices after
// another, each of which takes what its widths say. The matrices of all are kept.
func overStretches(net *network.Network, memory func(widths []int) float64) float64 {
	if net.IsDense() {
		return memory(widthsOf(net.Layers))
	}

	kept, beside := 0.0, 0.0
	for _, l := range net.Layers {
		if l.Weight != nil {
			beside = max(beside, normsMemory(l.In(), l.Out()))
		}
	}

	stretches, _ := stretchesOf(net)
	for _, s := range stretches {
		if !s.written {
			continue
		}

		layers := net.Layers[s.first:s.end]
		copied := numbersMemory(widthsOf(layers))
		kept += copied
		for _, l := range layers {
			if l.Weight == nil {
				kept += numbersMemory([]int{l.In(), l.Out()})
			}
		}

		beside = max(beside, memory(widthsOf(layers))-copied)
	}

	return kept + beside
}

// widthsOf returns the widths of a chain of layers, inputs first.
func widthsOf(layers []network.Layer) []int {
	widths := []int{layers[0].In()}
	for _, l := range layers {
		widths = append(widths, l.Out())
	}
	return widths
}

// numbersMemory returns what the matrices between such widths take.
func numbersMemory(widths []int) float64 {
	numbers := 0.0
	for i := 1; i < len(widths); i++ {
		numbers += float64(widths[i-1]) * float64(widths[i])
	}
	return bytesOfNumber * numbers
}

// normsMemory returns what the spectral norm of a matrix takes: its Gram matrix and a copy to
// reduce.
func normsMemory(in, out int) float64 {
	order := float64(min(in, out))
	return 2 * bytesOfNumber * order * order
}

// denseMemory returns the [Memory] of a dense network of such widths, inputs first.
func denseMemory(widths []int) float64 {
	norms := 0.0
	for i := 1; i < len(widths); i++ {
		norms = max(norms, normsMemory(widths[i-1], widths[i]))
	}
	return numbersMemory(widths) + norms
}

// relaxedMemory returns the [RelaxedMemory] of a dense network.
func relaxedMemory(widths []int) float64 {
	squares := 0.0
	for i := 1; i < len(widths)-1; i++ {
		order := float64(min(widths[i-1], widths[i]))
		squares += 3 * order * order
	}
	return max(numbersMemory(widths)+bytesOfNumber*squares, denseMemory(widths))
}

// optimalMemory returns the [OptimalMemory] of a dense network.
func optimalMemory(widths []int) float64 {
	neurons := 0
	for i := 1; i < len(widths)-1; i++ {
		neurons = min(neurons+min(widths[i], MaxOptimalUnits+1), MaxOptimalUnits+1)
	}
	if neurons > MaxOptimalUnits {
		return relaxedMemory(widths)
	}

	n := float64(neurons)
	return max(10*bytesOfNumber*n*n, relaxedMemory(widths))
}
