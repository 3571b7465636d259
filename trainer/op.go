package trainer

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
)

// fusedOp implements the part of Gorgonia's interface that the operations of this package share.
// They own their output and declare that they overwrite no input. Each instance has a hash of its
// own, so that Gorgonia never takes one for another.
type fusedOp struct {
	name  string
	id    int64
	arity int
	shape tensor.Shape
	dims  []int // of each input, then of the output
}

var lastOpID atomic.Int64

func newFusedOp(name string, shape tensor.Shape, dims ...int) fusedOp {
	return fusedOp{
		name:  name,
		id:    lastOpID.Add(1),
		arity: len(dims) - 1,
		shape: shape,
		dims:  dims,
	}
}

func (o *fusedOp) Arity() int { return o.arity }

func (o *fusedOp) Type() hm.Type {
	types := make([]hm.Type, len(o.dims))
	for i, d := range o.dims {
		types[i] = hm.TypeVariable('a')
		if d > 0 {
			types[i] = G.TensorType{Dims: d, Of: hm.TypeVariable('a')}
		}
	}
	return hm.NewFnType(types...)
}

func (o *fusedOp) InferShape(...G.DimSizer) (tensor.Shape, error) {
	return o.shape, nil
}

func (o *fusedOp) ReturnsPtr() bool {
	return true
}

func (o *fusedOp) CallsExtern() bool {
	return false
}

func (o *fusedOp) OverwritesInput() int {
	return -1
}

func (o *fusedOp) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "liptrack %s %d", o.name, o.id)
}

func (o *fusedOp) String() string {
	return o.name
}

func (o *fusedOp) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// buffer is an operation's own output: a slice and the Gorgonia tensor over it.
type buffer[T linalg.Float] struct {
	data   []T
	tensor *tensor.Dense
}

func newBuffer[T linalg.Float](shape ...int) buffer[T] {
	return viewOf(make([]T, tensor.Shape(shape).TotalSize()), shape...)
}

func viewOf[T linalg.Float](data []T, shape ...int) buffer[T] {
	return buffer[T]{data, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))}
}

// dataOf returns the numbers of a value that Gorgonia passes to an operation.
func dataOf[T linalg.Float](v G.Value) ([]T, error) {
	data, ok := v.Data().([]T)
	if !ok {
		return nil, fmt.Errorf("operation on %T given %T", data, v.Data())
	}
	return data, nil
}
