//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"os"
	"strings"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/cpu"
)

// identifyOpenBLAS describes the library and limits it to one thread. config is split from a text
// such as "OpenBLAS 0.3.21 DYNAMIC_ARCH SkylakeX".
func (s symbols) identifyOpenBLAS(path string, config []string, lib *library) Backend {
	s.set("openblas_set_num_threads", 1)
	s.fitKernels(lib)
	b := Backend{
		Name:   strings.Join(config[:2], " "),
		Detail: s.callText("openblas_get_corename"),
		Path:   path,
	}

	const openMP = 2
	parallel := s.findSymbol("openblas_get_parallel")
	if parallel != 0 {
		kind, _, _ := purego.SyscallN(parallel)
		// The result is a C int: the upper half of the register is undefined.
		if int32(kind) == openMP {
			b.Detail += ", OpenMP threads"
			b.Hint = "this OpenBLAS, built with OpenMP, starts its own threads in addition to liptrack's: " +
				"install a build with pthreads (apt-get install libopenblas0-pthread)"
			return b
		}
	}

	b.Detail += ", 1 thread"

	return b
}

// coreVariable is the environment variable that overrides the processor type OpenBLAS detects.
const coreVariable = "OPENBLAS_CORETYPE"

// fitKernels makes OpenBLAS choose its kernels again, by CPU features instead of model number, if
// it chose kernels without FMA on a processor that has it. OpenBLAS goes by model numbers and takes
// a processor newer than itself for a Prescott of 2004: version 0.3.21, shipped with Debian 12,
// does so on Emerald Rapids, and 0.3.24 on some Raptor Lake laptops (OpenBLAS issue 4267). A choice
// made in the environment is respected.
func (s symbols) fitKernels(l *library) {
	core := suitableCore()
	if core != "" && os.Getenv(coreVariable) == "" && !fuses(l) {
		os.Setenv(coreVariable, core) // also in libc's environment, thanks to purego
		defer os.Unsetenv(coreVariable)
		s.chooseKernels()
	}
}

// chooseKernels makes OpenBLAS repeat the choice of kernels that it made when it was loaded. It
// does nothing if the library was built for one processor type only.
func (s symbols) chooseKernels() {
	forget, choose := s.findSymbol("gotoblas_dynamic_quit"), s.findSymbol("gotoblas_dynamic_init")
	if forget != 0 && choose != 0 {
		purego.SyscallN(forget)
		purego.SyscallN(choose)
	}
}

// suitableCore returns OpenBLAS's name for the first processor with the instruction set of this
// one, or "" if this one lacks FMA or is not an x86.
func suitableCore() string {
	x := cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512CD && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return "SkylakeX"
	case x.HasAVX2 && x.HasFMA:
		return "Haswell"
	}
	return ""
}
