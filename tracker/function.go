package tracker

import (
	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// Function is the function whose Jacobian is taken.
type Function int

const (
	// Logits are the network's outputs.
	Logits Function = iota
	// Softmax is the softmax of the outputs.
	Softmax
	// Loss is the loss of each sample that training minimises, so that its Jacobian norm is the
	// norm of the loss's gradient with respect to the sample.
	Loss
)

var functionNames = []string{
	Logits:  "logits",
	Softmax: "softmax",
	Loss:    "loss",
}

// String returns the name of the function: logits, softmax or loss.
func (f Function) String() string {
	return functionNames[f]
}

// jacobians are the Jacobians of one function at the points of a chunk: count rows×cols matrices,
// row-major, one after another.
type jacobians struct {
	data              []float64
	count, rows, cols int
}

// newJacobians returns count zero matrices.
func newJacobians(count, rows, cols int) jacobians {
	return jacobians{make([]float64, count*rows*cols), count, rows, cols}
}

// networkJacobians returns the Jacobians of the whole network at the n points of a pass.
func networkJacobians(net *network.Network, pass *network.Pass[float64], n int) jacobians {
	return jacobians{pass.Jacobian(len(net.Layers)), n, net.Out(), net.In()}
}

// jacobianAt returns the Jacobian at point i of the chunk.
func (j jacobians) jacobianAt(i int) []float64 {
	size := j.rows * j.cols
	return j.data[i*size : (i+1)*size]
}

// softmax returns the Jacobians of the softmax of outputs whose own Jacobians are j, by
// ∂p_k = p_k (∂z_k − Σ_i p_i ∂z_i).
func (j jacobians) softmax(outputs []float64) jacobians {
	of := newJacobians(j.count, j.rows, j.cols)
	p, mean := make([]float64, j.rows), make([]float64, j.cols)
	for i := range j.count {
		losses.Softmax(p, outputs[i*j.rows:])
		weightedRows(mean, j.jacobianAt(i), p)
		for k := range p {
			row := of.jacobianAt(i)[k*j.cols:][:j.cols]
			floats.SubTo(row, j.jacobianAt(i)[k*j.cols:][:j.cols], mean)
			floats.Scale(p[k], row)
		}
	}
	return of
}

// loss returns the gradients of the loss of outputs whose Jacobians are j, as 1×D Jacobians.
func (j jacobians) loss(l losses.Objective, outputs []float64, truth losses.Truth) jacobians {
	of := newJacobians(j.count, 1, j.cols)
	g := make([]float64, j.rows)
	for i := range j.count {
		l.GradientAtPoint(g, outputs[i*j.rows:][:j.rows], truth, i)
		weightedRows(of.jacobianAt(i), j.jacobianAt(i), g)
	}
	return of
}

// weightedRows writes Σ_k w_k·(row k of a) to sum.
func weightedRows(sum, a, w []float64) {
	clear(sum)
	for k, weight := range w {
		floats.AddScaled(sum, weight, a[k*len(sum):(k+1)*len(sum)])
	}
}
