package trainer

import (
	"fmt"
	"sync"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network/losses"
)

// graph is the Gorgonia graph of a mean loss and its gradient for one batch size. All graphs of a
// model share its parameter and gradient vectors and are run one at a time.
type graph[T linalg.Float] struct {
	rows    int
	machine G.VM
	x, y    *G.Node
	loss    *lossOp[T]
}

// building is held while a graph is built: Grad starts from a constant node 1 that all graphs of
// the process share until they have copied it, and whose hash is computed on first use.
var building sync.Mutex

func newGraph[T linalg.Float](m *model[T], loss losses.Objective, rows int) (*graph[T], error) {
	building.Lock()
	defer building.Unlock()

	g := G.NewGraph()
	dtype := tensor.Dtype(dtypeOf[T]())
	in, out := m.dims()
	x := G.NewMatrix(g, dtype, G.WithShape(rows, in), G.WithName("x"))
	y := G.NewMatrix(g, dtype, G.WithShape(rows, out), G.WithName("y"))

	value := x
	var params G.Nodes
	for i, l := range m.layers {
		first := len(params) == 0 // if so, nothing before it needs a gradient
		arguments := G.Nodes{value}
		if theta := l.params(); len(theta) > 0 {
			// The node is a view of the model's vector: updates reach all graphs at once.
			view := viewOf(theta, len(theta)).tensor
			name := fmt.Sprintf("θ%d", i+1)
			node := G.NewVector(g, dtype, G.WithName(name), G.WithValue(view))
			params = append(params, node)
			arguments = append(arguments, node)
		}

		var err error
		value, err = G.ApplyOp(newLayerOp(l, m.gradOf(i), rows, first), arguments...)
		if err != nil {
			return nil, fmt.Errorf("building layer %d: %w", i+1, err)
		}

		mask := m.dropout.maskOf(i)
		if mask == nil {
			continue
		}

		_, width := l.dims()
		value, err = G.ApplyOp(newMaskOp(mask, rows, width), value)
		if err != nil {
			return nil, fmt.Errorf("building the dropout of layer %d: %w", i+1, err)
		}
	}

	lossOp := newLossOp[T](loss, rows, out)
	mean, err := G.ApplyOp(lossOp, value, y)
	if err != nil {
		return nil, fmt.Errorf("building the loss: %w", err)
	}

	// The nodes that Grad returns are not needed: the operations write into the gradient vector.
	_, err = G.Grad(mean, params...)
	if err != nil {
		return nil, fmt.Errorf("differentiating the loss: %w", err)
	}

	machine, err := newMachine(g)
	if err != nil {
		return nil, fmt.Errorf("compiling the graph: %w", err)
	}

	return &graph[T]{
		rows:    rows,
		machine: machine,
		x:       x,
		y:       y,
		loss:    lossOp,
	}, nil
}

func dtypeOf[T linalg.Float]() tensor.Dtype {
	if _, ok := any(T(0)).(float32); ok {
		return tensor.Float32
	}
	return tensor.Float64
}

// runBatch returns the mean loss of a batch and leaves its gradient in the model's gradient vector.
func (g *graph[T]) runBatch(x, y *tensor.Dense) (loss float64, err error) {
	g.machine.Reset()
	err = G.Let(g.x, x)
	if err != nil {
		return 0, err
	}

	err = G.Let(g.y, y)
	if err != nil {
		return 0, err
	}

	err = g.machine.RunAll()
	if err != nil {
		return 0, err
	}

	return g.loss.mean, nil
}
