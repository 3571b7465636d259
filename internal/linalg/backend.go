package linalg

import (
	"errors"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// Choices for UseBLAS other than the path of a library.
const (
	AutoBLAS  = "auto"  // the fastest library that this machine has, else gonum
	GonumBLAS = "gonum" // gonum's own, in Go
)

// Backend says which BLAS does the arithmetic, for headers and reports.
type Backend struct {
	Name   string // with version: "OpenBLAS 0.3.21", "gonum"
	Detail string // "SkylakeX, 1 thread", "pure Go"
	Path   string // what was loaded; empty for gonum
	Hint   string // one line on how to get a faster one; empty if nothing is amiss
}

// String returns "OpenBLAS 0.3.21 (SkylakeX, 1 thread)".
func (b Backend) String() string {
	return b.Name + " (" + b.Detail + ")"
}

var pureGo = Backend{Name: "gonum", Detail: "pure Go"}

var inUse = struct {
	sync.Mutex
	choice  string
	backend Backend
}{choice: GonumBLAS, backend: pureGo}

// UseBLAS puts a BLAS library under Gemm and under all of gonum, and says which. The choice is
// AutoBLAS (or empty), GonumBLAS, or the path of a shared library with the Fortran interface.
// OpenBLAS and MKL are looked for on Linux, Accelerate and OpenBLAS on macOS. A library that
// cannot be loaded, lacks sgemm_ or dgemm_, or computes a small product wrongly is passed over;
// if none is left the arithmetic is gonum's and Backend.Hint says why or what to install.
//
// Call it once, at the start of the program, before any arithmetic. Repeating the same choice
// changes nothing. OpenBLAS and MKL are held to one thread, for liptrack computes several products
// at once rather than each with several threads; Accelerate decides for itself.
func UseBLAS(choice string) Backend {
	if choice == "" {
		choice = AutoBLAS
	}
	inUse.Lock()
	defer inUse.Unlock()
	if choice != inUse.choice {
		inUse.choice, inUse.backend = choice, install(choice)
	}
	return inUse.backend
}

// BLAS returns the backend that the last UseBLAS installed; gonum's before the first.
func BLAS() Backend {
	inUse.Lock()
	defer inUse.Unlock()
	return inUse.backend
}

// errNotLoaded marks a library that the system could not load, most often for want of it.
var errNotLoaded = errors.New("not loaded")

func install(choice string) Backend {
	candidates, hint := libraries, installHint
	switch choice {
	case GonumBLAS:
		candidates, hint = nil, ""
	case AutoBLAS:
	default:
		candidates = []string{choice}
	}

	// The first library that loads and computes rightly is taken. Without one, hint says why.
	for _, path := range candidates {
		backend, err := load(path)
		if err == nil {
			return backend
		}

		switch {
		case choice != AutoBLAS:
			hint = err.Error()
		// A library that is not there is no news. One that is there but unusable is worth a hint.
		case !errors.Is(err, errNotLoaded):
			hint = "using gonum's BLAS: " + err.Error()
		}
	}

	blas32.Use(blasgonum.Implementation{})
	blas64.Use(blasgonum.Implementation{})
	reduce = reduceByGonum
	backend := pureGo
	backend.Hint = hint

	return backend
}
