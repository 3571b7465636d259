// Package input bounds what is read of files that others wrote: memory grows with what is
// there, up to MaxBytes, never with what a header claims. It is a leaf.
package input

import (
	"fmt"
	"io"
)

// MaxBytes is the most that is read of a file, once unpacked: 2 GiB.
const MaxBytes = 1<<31 - 1

// MaxElements is the most elements that an array may have: as float64 they fill MaxBytes.
const MaxElements = MaxBytes / 8

// ReadAll reads to the end; more than MaxBytes are an error.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(b) > MaxBytes {
		err = fmt.Errorf("holds more than the %d bytes that are read", MaxBytes)
	}
	return b, err
}

// Elements is the number of elements of an array, the product of its shape, 1 for a scalar. It
// is not ok if an axis is negative or there are more than MaxElements.
func Elements(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > MaxElements/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}
