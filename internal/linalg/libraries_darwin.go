//go:build !static

package linalg

var libraries = []string{
	"/System/Library/Frameworks/Accelerate.framework/Accelerate",
	"/opt/homebrew/opt/openblas/lib/libopenblas.dylib", // Homebrew on Apple silicon
	"/usr/local/opt/openblas/lib/libopenblas.dylib",    // Homebrew on Intel
}

const installHint = "no fast BLAS found, using gonum's: brew install openblas makes training several times faster"
