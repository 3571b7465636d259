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
// another, each of which takes what its layers say. The matrices of all are kept.
func overStretches(net *network.Network, memory func(layers []network.Layer) float64) float64 {
	if net.IsDense() {
		return memory(net.Layers)
	}

	kept, beside := 0.0, 0.0
	for _, l := range net.Layers {
		if l.Weight != nil {
			beside = max(beside, normsMemory(l))
		}
	}

	stretches, _ := stretchesOf(net)
	for _, s := range stretches {
		if !s.written {
			continue
		}

		layers := net.Layers[s.first:s.end]
		copied := bytesOfNumber * numbersOf(layers)
		kept += copied
		for i, l := range layers {
			if l.Weight == nil {
				kept += bytesOfNumber * numbersOf(layers[i:i+1])
			}
		}

		beside = max(beside, memory(layers)-copied)
	}

	return kept + beside
}

// numbersOf counts the numbers of the matrices of layers.
func numbersOf(layers []network.Layer) float64 {
	numbers := 0.0
	for _, l := range layers {
		numbers += float64(l.In()) * float64(l.Out())
	}
	return numbers
}

// normsMemory returns what the spectral norm of a matrix takes: its Gram matrix and a copy to
// reduce.
func normsMemory(l network.Layer) float64 {
	return 2 * bytesOfNumber * squareOf(l)
}

// squareOf counts the numbers of a square matrix on the smaller side of a layer's.
func squareOf(l network.Layer) float64 {
	order := float64(min(l.In(), l.Out()))
	return order * order
}

// denseMemory returns the [Memory] of dense layers.
func denseMemory(layers []network.Layer) float64 {
	norms := 0.0
	for _, l := range layers {
		norms = max(norms, normsMemory(l))
	}
	return bytesOfNumber*numbersOf(layers) + norms
}

// relaxedMemory returns the [RelaxedMemory] of dense layers.
func relaxedMemory(layers []network.Layer) float64 {
	squares := 0.0
	for _, l := range layers[:len(layers)-1] {
		squares += 3 * squareOf(l)
	}
	return max(bytesOfNumber*(numbersOf(layers)+squares), denseMemory(layers))
}

// optimalMemory returns the [OptimalMemory] of dense layers.
func optimalMemory(layers []network.Layer) float64 {
	neurons := 0
	for _, l := range layers[:len(layers)-1] {
		neurons = min(neurons+min(l.Out(), MaxOptimalUnits+1), MaxOptimalUnits+1)
	}
	if neurons > MaxOptimalUnits {
		return relaxedMemory(layers)
	}

	n := float64(neurons)
	return max(10*bytesOfNumber*n*n, relaxedMemory(layers))
}
