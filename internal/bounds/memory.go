package bounds

import (
	"github.com/liptrack/liptrack/network"
)

// The memory of a bound is the minimum number of bytes that it needs, computed from the sizes of
// the network's layers alone. So a bound that needs more memory than is available can be refused
// before anything is allocated, and a bound that fits is never refused. [network.Outline] makes
// networks that consist only of sizes.

// bytesOfNumber is the size of a float64.
const bytesOfNumber = 8

// Memory returns the memory in bytes of [NewWhole] and of any bound: a copy of the matrices of each
// stretch that has them, the matrices of layers that are not dense, and the computation of the
// norms.
func Memory(net *network.Network) float64 {
	return overStretches(net, denseMemory)
}

// RelaxedMemory returns the memory in bytes of EclipseFast and its relatives, LipSDP included:
// three square matrices for each hidden layer of a stretch, in addition to [Memory].
func RelaxedMemory(net *network.Network) float64 {
	return overStretches(net, relaxedMemory)
}

// OptimalMemory returns the memory in bytes of LipSDPOptimal. If it solves the program, it needs
// 10·N² numbers for N hidden neurons in total, in addition to [Memory].
func OptimalMemory(net *network.Network) float64 {
	return overStretches(net, optimalMemory)
}

// overStretches returns the memory of bounds that are computed for one stretch with matrices after
// another. memory returns the memory for the layers of one stretch. The matrices of all stretches
// are kept.
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

// numbersOf returns the number of entries in the matrices of the layers.
func numbersOf(layers []network.Layer) float64 {
	numbers := 0.0
	for _, l := range layers {
		numbers += float64(l.In()) * float64(l.Out())
	}
	return numbers
}

// normsMemory returns the memory of a matrix's spectral norm: its Gram matrix and a copy to reduce.
func normsMemory(l network.Layer) float64 {
	return 2 * bytesOfNumber * squareOf(l)
}

// squareOf returns the number of entries of a square matrix whose order is the smaller side of a
// layer's matrix.
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
