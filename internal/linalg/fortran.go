//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// maxArguments is the largest number of arguments that purego can pass.
const maxArguments = 15

// frame collects the arguments of one call to Fortran, which takes each by its address. It is on
// the heap and holds the pointers themselves, so the values they point to are on the heap too and
// stay alive until the call returns.
type frame struct {
	n        int
	pointers [maxArguments]unsafe.Pointer
	words    [maxArguments]uintptr
}

func (f *frame) push(p unsafe.Pointer) {
	f.pointers[f.n], f.words[f.n] = p, uintptr(p)
	f.n++
}

// invoke calls the routine. Unused words are 1, the string lengths that Fortran compilers append
// for CHARACTER arguments.
func (f *frame) invoke(routine uintptr) {
	for i := f.n; i < maxArguments; i++ {
		f.words[i] = 1
	}
	// To the garbage collector the words are integers; only the pointers in f keep the operands
	// alive.
	purego.SyscallN(routine, f.words[:]...)
	runtime.KeepAlive(f)
}

// call calls a routine with arbitrary arguments.
func call(routine uintptr, arguments ...unsafe.Pointer) {
	f := new(frame)
	for _, p := range arguments {
		f.push(p)
	}
	f.invoke(routine)
}

// arguments holds the arguments of a level 2 or 3 BLAS routine in the order that all of them use:
// flags, sizes, α, A, B, β, C, each operand followed by its leading dimension or increment. A zero
// flag or size and a nil B or C are not passed.
//
// Integers are 64 bits wide, whichever width the library expects. This file builds for
// little-endian machines only, and every number is in [0, 2³¹), so a library with 32-bit integers
// (LP64) reads the same number at that address as one with 64-bit integers (ILP64).
type arguments[T Float] struct {
	flags         [4]byte
	sizes         [3]int64
	alpha, beta   T
	a, b, c       []T
	lda, ldb, ldc int64
}

// caller calls BLAS routines without allocating: it recycles the frames and the memory that
// holds the scalars.
type caller[T Float] struct{ calls sync.Pool }

type blasCall[T Float] struct {
	arguments[T]
	frame
}

func (c *caller[T]) call(routine uintptr, a arguments[T]) {
	b, ok := c.calls.Get().(*blasCall[T])
	if !ok {
		b = new(blasCall[T])
	}
	b.arguments = a
	b.pushAll()
	b.invoke(routine)
	// The pool must not keep the caller's matrices alive.
	*b = blasCall[T]{}
	c.calls.Put(b)
}

func (b *blasCall[T]) pushAll() {
	// The receiver is on the heap, so the addresses of its fields stay valid until the call
	// returns.
	for i := range b.flags {
		if b.flags[i] != 0 {
			b.push(unsafe.Pointer(&b.flags[i]))
		}
	}

	for i := range b.sizes {
		if b.sizes[i] != 0 {
			b.push(unsafe.Pointer(&b.sizes[i]))
		}
	}

	b.push(unsafe.Pointer(&b.alpha))
	b.push(unsafe.Pointer(unsafe.SliceData(b.a)))
	b.push(unsafe.Pointer(&b.lda))
	// A routine without a second operand or a separate result does not have these arguments.
	if b.b != nil {
		b.push(unsafe.Pointer(unsafe.SliceData(b.b)))
		b.push(unsafe.Pointer(&b.ldb))
	}

	if b.c != nil {
		b.push(unsafe.Pointer(&b.beta))
		b.push(unsafe.Pointer(unsafe.SliceData(b.c)))
		b.push(unsafe.Pointer(&b.ldc))
	}
}
