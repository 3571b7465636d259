package linalg

import "sync"

// scratch recycles the memory of large matrices: the system takes about 40 ms to provide the pages
// of a new 4096×4096 matrix, and a tracker needs matrices of the same size at every epoch.
var scratch sync.Pool

// leastScratch is the smallest size that is recycled.
const leastScratch = lanczosFrom * lanczosFrom

// takeScratch returns n numbers of arbitrary value.
func takeScratch(n int) []float64 {
	if n >= leastScratch {
		// A slice from the pool may be too small. It is dropped then, because the next matrix is
		// most likely as large as this one.
		kept, ok := scratch.Get().(*[]float64)
		if ok && cap(*kept) >= n {
			return (*kept)[:n]
		}
	}
	return make([]float64, n)
}

// giveScratch recycles x, which the caller must not use any more.
func giveScratch(x []float64) {
	if cap(x) >= leastScratch {
		scratch.Put(&x)
	}
}
