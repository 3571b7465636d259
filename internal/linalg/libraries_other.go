//go:build (!linux && !darwin) || static

package linalg

var libraries []string

const installHint = "using gonum's BLAS: faster ones are loaded on Linux and macOS only, and not by a static build"
