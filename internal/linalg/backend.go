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
	AutoBLAS  = "auto"  // the fastest library on this machine, else gonum
	GonumBLAS = "gonum" // gonum's own implementation, in pure Go
)

// Backend describes the BLAS in use, for headers and reports.
type Backend struct {
	Name   string // with version: "OpenBLAS 0.3.21", "gonum"
	Detail string // "SkylakeX, 1 thread", "pure Go"
	Path   string // path of the loaded library; empty for gonum
	Hint   string // one line on how to get a faster BLAS; empty if there is nothing to improve
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

// UseBLAS makes Gemm and all of gonum use a BLAS library, and returns which one. The choice is
// AutoBLAS (or empty), GonumBLAS, or the path of a shared library with the Fortran interface.
// AutoBLAS looks for OpenBLAS and MKL on Linux, and for Accelerate and OpenBLAS on macOS. A library
// that cannot be loaded, lacks sgemm_ or dgemm_, or fails a check on small matrices is skipped. If
// none is left, gonum's BLAS is used, and Backend.Hint says why or what to install.
//
// Call it once, at program start, before any arithmetic. Repeating the same choice changes nothing.
// OpenBLAS and MKL are limited to one thread, because liptrack computes several products at once
// instead of each with several threads; Accelerate manages its own threads.
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

// BLAS returns the backend installed by the last call of UseBLAS, or gonum's if there was none.
func BLAS() Backend {
	inUse.Lock()
	defer inUse.Unlock()
	return inUse.backend
}

// errNotLoaded marks a library that the system could not load, usually because it is not installed.
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

	// Take the first library that loads and computes correctly. If there is none, hint says why.
	for _, path := range candidates {
		backend, err := load(path)
		if err == nil {
			return backend
		}

		switch {
		case choice != AutoBLAS:
			hint = err.Error()
		// A missing library is normal. One that is installed but unusable is worth a hint.
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
