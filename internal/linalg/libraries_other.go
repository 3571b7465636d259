//go:build (!linux && !darwin) || static

package linalg

var libraries []string

const installHint = "using gonum's BLAS: faster libraries load on Linux and macOS only, and not in a static build"
