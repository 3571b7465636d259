// Package linalg is the arithmetic that liptrack adds to gonum: a BLAS chosen at run time, the
// matrix product in float32 and float64, and largest singular values and eigenvalues, with
// certificates, of one large matrix or of thousands of small ones.
//
// It knows nothing of networks, training or files. Every package may import it; it imports
// gonum, purego and the standard library.
//
// The rounding error bounds are those of N. J. Higham, Accuracy and Stability of Numerical
// Algorithms, 2nd ed., SIAM 2002, cited as [Higham].
package linalg
