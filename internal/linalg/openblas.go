//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"os"
	"strings"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/cpu"
)

// identifyOpenBLAS reads a configuration such as "OpenBLAS 0.3.21 DYNAMIC_ARCH SkylakeX".
func (s symbols) identifyOpenBLAS(path string, config []string, lib *library) Backend {
	s.set("openblas_set_num_threads", 1)
	s.fitKernels(lib)
	b := Backend{
		Name:   strings.Join(config[:2], " "),
		Detail: s.text("openblas_get_corename"),
		Path:   path,
	}

	const openMP = 2
	parallel := s.find("openblas_get_parallel")
	if parallel != 0 {
		kind, _, _ := purego.SyscallN(parallel)
		// A C int: the upper half of the register is anything.
		if int32(kind) == openMP {
			b.Detail += ", OpenMP threads"
			b.Hint = "this OpenBLAS, built with OpenMP, starts threads of its own beside liptrack's: " +
				"install a build with pthreads (apt-get install libopenblas0-pthread)"
			return b
		}
	}

	b.Detail += ", 1 thread"

	return b
}

// coreVariable is where OpenBLAS reads which processor to compute as.
const coreVariable = "OPENBLAS_CORETYPE"

// fitKernels has an OpenBLAS choose its kernels again, by the instructions of this processor, if it
// chose some that do without fused multiply-adds where there are such. It goes by model numbers and
// takes one that is newer than itself for a Prescott of 2004: version 0.3.21, which Debian 12 has,
// does so on Emerald Rapids, 0.3.24 on some Raptor Lake laptops (OpenBLAS issue 4267). A choice
// made in the environment stands.
func (s symbols) fitKernels(l *library) {
	core := suitableCore()
	if core != "" && os.Getenv(coreVariable) == "" && !fuses(l) {
		os.Setenv(coreVariable, core) // libc's too: purego sees to it
		defer os.Unsetenv(coreVariable)
		s.chooseKernels()
	}
}

// chooseKernels has an OpenBLAS, if it was built for more than one processor, do what it does when
// it is loaded.
func (s symbols) chooseKernels() {
	forget, choose := s.find("gotoblas_dynamic_quit"), s.find("gotoblas_dynamic_init")
	if forget != 0 && choose != 0 {
		purego.SyscallN(forget)
		purego.SyscallN(choose)
	}
}

// suitableCore returns OpenBLAS's name of the processor that had the instructions of this one
// first, "" if it lacks fused multiply-adds or is no x86.
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
