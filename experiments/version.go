package experiments

import (
	"runtime"
	"runtime/debug"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Kernels names the matrix kernels of this process. A run can only be resumed with the same
// kernels, since others differ in the last bits.
func Kernels() string { return linalg.BLAS().String() }

// Versions returns the versions of the program, the Go release, the platform, and the modules and
// kernels that do the arithmetic.
func Versions() map[string]string {
	v := map[string]string{
		"go":       runtime.Version(),
		"platform": runtime.GOOS + "/" + runtime.GOARCH,
		"kernels":  vec.Name(),
	}

	// Binaries that were built without modules do not record versions.
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}

	v["liptrack"] = info.Main.Version
	for _, dep := range info.Deps {
		switch dep.Path {
		case "gorgonia.org/gorgonia", "gorgonia.org/tensor", "gonum.org/v1/gonum":
			v[dep.Path] = dep.Version
		}
	}

	return v
}
