//go:build !linux && !darwin

package linalg

var libraries []string

const installHint = "using gonum's BLAS: faster ones are used on Linux and macOS only"
