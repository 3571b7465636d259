package linalg

import "sync"

// scratch keeps the memory of large matrices from call to call: the pages of a fresh 4096×4096 one
// take the system some 40 ms, and a tracker needs the same again at every epoch.
var scratch sync.Pool

// leastScratch is the size from which memory is kept.
const leastScratch = lanczosFrom * lanczosFrom

// takeScratch returns n numbers of any value.
func takeScratch(n int) []float64 {
	if n >= leastScratch {
		// What the pool has may be too small for this matrix. It is dropped then: the next one is
		// most likely as large as this.
		kept, ok := scratch.Get().(*[]float64)
		if ok && cap(*kept) >= n {
			return (*kept)[:n]
		}
	}
	return make([]float64, n)
}

// giveScratch takes back what nobody uses any more.
func giveScratch(x []float64) {
	if cap(x) >= leastScratch {
		scratch.Put(&x)
	}
}
