// Package bounds computes proved upper bounds on the Lipschitz constant of a network and, for a
// small piecewise linear one, the constant itself. It knows nothing of training, data or files.
// It imports network, conv, linalg and gonum; the tracker and tools may import it.
//
// # What is bounded
//
// An activation acts on each neuron, and its slopes are within a known range. For any two points
// there are therefore diagonal matrices D_i with entries in the slope ranges of φ_i such that
//
//	f(x) − f(x′) = D_L W_L D_{L−1} W_{L−1} … D_1 W_1 (x − x′).
//
// Every bound here bounds the largest ‖D_L W_L … D_1 W_1‖ over all such D_i. So biases do not
// matter. Neurons may be rescaled whatever the activation, for diagonal matrices commute. Any
// finite range of slopes will do, with the negative ones of GELU and SiLU. An activation on the
// outputs costs its own Lipschitz constant, as a factor.
//
// # What is proved
//
// The weights are the float64 numbers given. A bound holds in spite of the rounding in its own
// computation: the errors of sums and products are bounded by norms, and that a matrix is positive
// semidefinite is proved by a Cholesky factorisation that runs to completion (S. M. Rump,
// Verification of positive definiteness, BIT 46, 2006). The error bounds are those of N. J. Higham,
// Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, cited as [Higham].
package bounds
