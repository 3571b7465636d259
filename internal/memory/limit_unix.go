//go:build unix

package memory

import (
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ofAddressSpace returns the bytes left under the process's limit on its address space (ulimit -v).
func ofAddressSpace() int64 {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_AS, &limit)
	// RLIM_INFINITY is the largest number.
	if err != nil || uint64(limit.Cur) > math.MaxInt64 {
		return Unlimited
	}

	return max(0, int64(limit.Cur)-addressSpace())
}

// addressSpace returns the size of the process's address space in bytes, or 0 if it is unknown.
func addressSpace() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}

	pages, _, _ := strings.Cut(string(text), " ") // the first number is the total size, in pages
	n, err := strconv.ParseInt(pages, 10, 64)
	if err != nil {
		return 0
	}

	return n * int64(os.Getpagesize())
}
