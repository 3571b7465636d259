//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"fmt"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// symbols are the functions of one loaded library.
type symbols uintptr

// findSymbol returns the address of a function, or 0 if the library lacks it.
func (s symbols) findSymbol(name string) uintptr {
	address, err := purego.Dlsym(uintptr(s), name)
	if err != nil {
		return 0
	}
	return address
}

// callText returns the result of a function of type const char *(void), or "" if the library lacks
// it.
func (s symbols) callText(name string) string {
	address := s.findSymbol(name)
	if address == 0 {
		return ""
	}
	var f func() string
	purego.RegisterFunc(&f, address)
	return f()
}

// set calls a function of type (int) → int or void, if the library has it.
func (s symbols) set(name string, value uintptr) {
	if address := s.findSymbol(name); address != 0 {
		purego.SyscallN(address, value)
	}
}

// load opens a library, checks its arithmetic and makes gonum use it. A rejected library stays in
// memory, unused, because unloading one that has started threads is not safe.
func load(path string) (Backend, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return Backend{}, fmt.Errorf("BLAS %s %w: %v", path, errNotLoaded, err)
	}

	s := symbols(handle)
	lib := newLibrary(s)
	if lib.sgemmAt == 0 || lib.dgemmAt == 0 {
		return Backend{}, fmt.Errorf("BLAS %s has no sgemm_ and dgemm_", path)
	}

	backend := s.identify(path, lib)
	if routine := lib.wrong(); routine != "" {
		return Backend{}, fmt.Errorf("BLAS %s computes %s wrongly", path, routine)
	}

	blas32.Use(lib)
	blas64.Use(lib)
	reduce = lib.reduce

	return backend, nil
}

// identify describes the library and limits it to one thread, before its first computation.
func (s symbols) identify(path string, lib *library) Backend {
	switch config := strings.Fields(s.callText("openblas_get_config")); {
	case len(config) >= 2:
		return s.identifyOpenBLAS(path, config, lib)
	case s.findSymbol("MKL_Get_Version") != 0:
		return s.identifyMKL(path)
	}

	return Backend{
		Name:   filepath.Base(path),
		Detail: "threads of its own",
		Path:   path,
	}
}

// identifyMKL selects 32-bit integers and the sequential layer, which needs no OpenMP library.
func (s symbols) identifyMKL(path string) Backend {
	const lp64, sequential = 0, 1
	s.set("MKL_Set_Interface_Layer", lp64)
	s.set("MKL_Set_Threading_Layer", sequential)
	var version struct {
		major, minor, update int32
		rest                 [8]unsafe.Pointer
	}
	call(s.findSymbol("MKL_Get_Version"), unsafe.Pointer(&version))
	name := fmt.Sprintf("MKL %d.%d.%d", version.major, version.minor, version.update)
	return Backend{Name: name, Detail: "1 thread", Path: path}
}
