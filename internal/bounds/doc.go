// Package bounds computes proved upper bounds on the Lipschitz constant of a network and, for a
// small piecewise linear one, the constant itself. It knows nothing of training, data or files.
// It imports network, conv, linalg and gonum; the tracker and tools may import it.
//
// # What is bounded
//
// An activation acts on each neuron, and its slopes lie in a known range. So for any two points
// there are diagonal matrices D_i with entries in the slope ranges of φ_i such that
//
//	f(x) − f(x′) = D_L W_L D_{L−1} W_{L−1} … D_1 W_1 (x − x′).
//
// Every bound here bounds the largest ‖D_L W_L … D_1 W_1‖ over all such D_i. Biases therefore do
// not matter. Neurons may be rescaled for any activation, because diagonal matrices commute. Any
// finite range of slopes is allowed, including the negative slopes of GELU and SiLU. An activation
// on the outputs contributes its own Lipschitz constant as a factor.
//
// # What is proved
//
// The weights are taken as exact float64 numbers. A bound holds despite the rounding errors of its
// own computation: the errors of sums and products are bounded by norms, and a matrix is proved to
// be positive semidefinite by a Cholesky factorisation that runs to completion (S. M. Rump,
// Verification of positive definiteness, BIT 46, 2006). The error bounds are those of N. J. Higham,
// Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, cited as [Higham].
package bounds
