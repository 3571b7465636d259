package vec

// lanes is the number of float32 in an AVX2 register.
const lanes = 8

// Sum adds the entries of v as PyTorch's vectorised reduction does on an AVX2 processor: up to
// seven one by one; eight or more in eight lanes, which are then added pairwise.
func Sum[T Float](v []T) T {
	if len(v) < lanes {
		var s T
		for _, x := range v {
			s += x
		}
		return s
	}

	var lane [lanes]T
	for i, x := range v {
		lane[i%lanes] += x
	}

	// Add halves of the register first, then quarters, then eighths.
	even, odd := (lane[0]+lane[4])+(lane[2]+lane[6]), (lane[1]+lane[5])+(lane[3]+lane[7])
	return even + odd
}
