package bounds

// bytesOfNumber is what a float64 takes.
const bytesOfNumber = 8

// NormsMemory returns how many bytes the spectral norms of a network's layers take at the least,
// from the widths, inputs first: the Gram matrix of the largest layer and a copy to reduce.
func NormsMemory(widths []int) float64 {
	order := 0
	for i := 1; i < len(widths); i++ {
		order = max(order, min(widths[i-1], widths[i]))
	}
	return 2 * bytesOfNumber * float64(order) * float64(order)
}

// Memory returns how many bytes Bounds take at the least, whichever are asked for: a copy of the
// weights beside NormsMemory.
func Memory(widths []int) float64 {
	weights := 0.0
	for i := 1; i < len(widths); i++ {
		weights += float64(widths[i-1]) * float64(widths[i])
	}
	return bytesOfNumber*weights + NormsMemory(widths)
}

// RelaxedMemory returns how many bytes the bounds of the family of EclipseFast take at the least,
// LipSDP among them: a copy of the weights, and for each hidden layer three square matrices.
func RelaxedMemory(widths []int) float64 {
	weights, squares := 0.0, 0.0
	for i := 1; i < len(widths); i++ {
		weights += float64(widths[i-1]) * float64(widths[i])
		if order := float64(min(widths[i-1], widths[i])); i < len(widths)-1 {
			squares += 3 * order * order
		}
	}
	return max(bytesOfNumber*(weights+squares), Memory(widths))
}

// OptimalMemory returns how many bytes LipSDPOptimal takes at the least: where it solves the
// program, 10·N² numbers for N hidden neurons in all.
func OptimalMemory(widths []int) float64 {
	neurons := 0
	for i := 1; i < len(widths)-1; i++ {
		neurons = min(neurons+min(widths[i], MaxOptimalUnits+1), MaxOptimalUnits+1)
	}
	if neurons > MaxOptimalUnits {
		return RelaxedMemory(widths)
	}
	n := float64(neurons)
	return max(10*bytesOfNumber*n*n, RelaxedMemory(widths))
}
