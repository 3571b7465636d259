package modelfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// parseONNX reads a graph that is a chain of supported operators: each takes the output of the one
// before it, and constants. The only exception is residual blocks: two branches from one value may
// be added.
func parseONNX(b []byte, o Options) (*model, error) {
	if o.Layers != nil {
		return nil, errLayersGiven
	}

	g, err := readONNX(b)
	if err != nil {
		return nil, err
	}

	// Collect constants before checking names, since a constant may have the name of a value.
	for _, prepare := range []func() error{
		func() error {
			return g.loadExternal(o.folder)
		}, g.takeConstants, g.checkNames,
	} {
		err = prepare()
		if err != nil {
			return nil, err
		}
	}

	notes, err := g.prune()
	if err != nil {
		return nil, err
	}

	// Replace patterns of operators by single ones first, since the walk handles one operator at a
	// time.
	notes = append(notes, g.fuse()...)

	w, err := newWalk(g)
	if err != nil {
		return nil, err
	}

	w.notes = append(w.notes, notes...)
	if g.joins(w.current) {
		err = w.followBranches()
	} else {
		err = w.followAll(g.nodes)
	}

	if err != nil {
		return nil, err
	}

	return w.finish()
}

// followAll follows operators in order.
func (w *walk) followAll(nodes []node) error {
	for _, n := range nodes {
		if err := w.followOperator(n); err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}
	}
	return nil
}

// walk follows the chain of operators and builds the layers.
type walk struct {
	model
	graph *graph
	depth int // number of residual blocks around the chain
	// weights counts the weights, since a graph may use the same constant many times.
	weights *input.Quota
	// current is the value that the next operator must take. Its shape is batch×point, with −1 for
	// unknown sizes; single is set if it has no batch axis.
	current string
	single  bool
	batch   int
	point   []int
	// shapes holds the shapes of the values so far, including the batch axis.
	shapes map[string][]int
	// scaling is the scaling since the last layer, to be folded into the next one.
	scaling affine
	// ended is the softmax that must be last, "" if there has been none.
	ended string
}

// newWalk starts a walk at the graph's only input. Older files list constants among the inputs.
func newWalk(g *graph) (*walk, error) {
	// Before IR version 4, every initialiser was an input, too.
	inputs := slices.DeleteFunc(slices.Clone(g.inputs), func(v value) bool {
		_, constant := g.constants[v.name]
		return constant
	})

	if len(inputs) != 1 {
		return nil, fmt.Errorf("the graph has %d inputs: must have one", len(inputs))
	}

	w := &walk{
		graph:   g,
		weights: new(input.Quota),
		current: inputs[0].name,
		point:   inputs[0].shape,
		shapes:  map[string][]int{},
	}
	switch len(w.point) {
	case 0:
		w.point = []int{-1}
		w.addNote("the graph does not specify the shape of its input: taken as points with one axis")
	case 1:
		w.single = true
	default:
		w.batch, w.point = w.point[0], w.point[1:]
	}

	return w, nil
}

// followOperator follows one operator.
func (w *walk) followOperator(n node) error {
	w.noteShape()
	// Exporters leave arithmetic on constants in the graph, such as shapes for Reshape.
	if w.graph.isConstant(n) {
		return w.fold(n)
	}

	// The shape of a value is known even if the value is not, so it becomes a constant here.
	if n.operator == "Shape" && n.isStandard() && len(n.inputs) == 1 &&
		w.shapes[n.inputs[0]] != nil {
		return w.graph.addComputed(n, shapeTensor(n, w.shapes[n.inputs[0]]))
	}

	n = w.chainFirst(n)
	f, ok := operators[n.fullName()]
	if !ok {
		return fmt.Errorf(
			"not supported; those supported are %s",
			strings.Join(slices.Sorted(maps.Keys(operators)), ", "),
		)
	}

	// If an earlier value were used again, the graph would not be the chain.
	for i, name := range n.inputs {
		_, constant := w.graph.constants[name]
		if constant || name == "" {
			continue
		}

		if i > 0 || name != w.current {
			return fmt.Errorf(
				"it takes %q as operand %d: each operator must take the output of the one before it as its "+
					"first operand, and constants",
				name,
				i+1,
			)
		}
	}

	// A softmax at the end can be dropped, since it keeps the order of the outputs; one in the
	// middle cannot.
	if w.ended != "" && n.operator != "Identity" {
		return fmt.Errorf("it follows a %s, which is supported only as the last operator",
			w.ended)
	}

	w.current = n.outputs[0]

	return f(w, n)
}

// noteShape records the shape of the current value.
func (w *walk) noteShape() {
	w.shapes[w.current] = w.point
	if !w.single {
		batch := w.batch
		if batch == 0 {
			batch = -1
		}
		w.shapes[w.current] = append([]int{batch}, w.point...)
	}
}

// chainFirst returns the node with the chain's value as its first operand, if swapping operands is
// harmless or can be noted (swapped). It rewrites W·x for a single point x as x·Wᵀ.
func (w *walk) chainFirst(n node) node {
	if len(n.inputs) != 2 || n.inputs[1] != w.current {
		return n
	}
	swapped := []string{n.inputs[1], n.inputs[0]}
	switch {
	case n.operator == "Add" || n.operator == "Mul":
		n.inputs = swapped
	case n.operator == "Sub" && n.isStandard():
		n.inputs, n.swapped = swapped, true
	case n.operator == "MatMul" && w.single:
		n.operator, n.inputs, n.attributes = "Gemm", swapped, map[string]attribute{
			"transB": {numbers: []float64{1}},
		}
	}

	return n
}

// isConstant reports whether all operands of a node are constants.
func (g *graph) isConstant(n node) bool {
	return !slices.ContainsFunc(n.inputs, func(name string) bool {
		_, constant := g.constants[name]
		return name != "" && !constant
	})
}

// operand returns operand i, which must be a constant.
func (w *walk) operand(n node, i int) (tensor, error) {
	if i >= len(n.inputs) || n.inputs[i] == "" {
		return tensor{}, fmt.Errorf("operand %d is missing", i+1)
	}
	t, ok := w.graph.constants[n.inputs[i]]
	if !ok {
		return tensor{}, fmt.Errorf("operand %d, %q, must be a constant", i+1, n.inputs[i])
	}
	return t.decode()
}

// finiteOperand returns operand i, which must be a constant with finite numbers.
func (w *walk) finiteOperand(n node, i int) (tensor, error) {
	t, err := w.operand(n, i)
	if err != nil {
		return tensor{}, err
	}
	return t, t.checkFinite()
}

// ends reports whether the first output of a node is the graph's output.
func (w *walk) ends(n node) bool {
	return len(w.graph.outputs) == 1 && n.outputs[0] == w.graph.outputs[0].name
}

// openLayer returns the last layer if its activation is not set yet, else nil.
func (w *walk) openLayer() *layer {
	if len(w.layers) == 0 || w.layers[len(w.layers)-1].activation != nil {
		return nil
	}
	return &w.layers[len(w.layers)-1]
}

// finish returns the model after all operators have been followed.
func (w *walk) finish() (*model, error) {
	if len(w.graph.outputs) != 1 || w.graph.outputs[0].name != w.current {
		return nil, fmt.Errorf(
			"the graph's output must be the end of the chain, %s",
			input.Quote(w.current),
		)
	}

	if len(w.layers) == 0 {
		return nil, errNoLayers
	}

	// A scaling after the last layer becomes a layer, since there is none to fold it into.
	err := w.settleScaling()
	if err != nil {
		return nil, err
	}

	return &w.model, w.takeClasses()
}

// takeClasses keeps the names of the classes. Their number must be the number of outputs, or two
// for a single output, a sigmoid.
func (w *walk) takeClasses() error {
	names := w.graph.classes
	if names == nil {
		return nil
	}

	outputs := w.layers[len(w.layers)-1].out()
	if len(names) != outputs && (outputs != 1 || len(names) != 2) {
		return fmt.Errorf("it names %d classes for %d outputs", len(names), outputs)
	}

	for _, name := range names {
		w.data.Classes = append(w.data.Classes, input.Printable(name))
	}

	return nil
}

// addDiagonal turns the scaling after the last activation, or after the input, into a layer: a
// matrix for points with one axis, otherwise a sparse map with one entry for each output.
func (w *walk) addDiagonal() error {
	n, ok := input.Elements(w.point)
	most := maxDiagonal
	if len(w.point) > 1 {
		most = maxEntries
	}

	// The dense matrix has n² entries.
	if !ok || n == 0 || n > most {
		return fmt.Errorf(
			"a scaling of points of shape %s cannot become a layer: they must have from 1 to %d entries",
			shapeString(w.point),
			most,
		)
	}

	if len(w.point) > 1 {
		return w.addSparseDiagonal(n)
	}

	err := w.weights.Take(n * n)
	if err != nil {
		return err
	}

	l := layer{name: "scaling", weight: mat.NewDense(n, n, nil)}
	for i := range n {
		l.weight.Set(i, i, 1)
	}

	w.scaling.after(&l)
	w.scaling = affine{}
	w.layers = append(w.layers, l)

	return nil
}

// addSparseDiagonal turns the scaling into a layer for points with several axes and n entries.
func (w *walk) addSparseDiagonal(n int) error {
	err := w.weights.Take(2 * n)
	if err != nil {
		return err
	}

	diagonal := network.NewIdentity(n)
	for i := range diagonal.Values {
		diagonal.Values[i] = entry(w.scaling.scale, i, 1)
	}

	l := layer{name: "scaling", other: &network.Layer{Map: diagonal}}
	affine{shift: w.scaling.shift}.after(&l)
	w.scaling = affine{}
	w.layers = append(w.layers, l)

	return nil
}

// maxDiagonal is the maximum number of entries of a point for which a diagonal matrix is made.
const maxDiagonal = 1 << 14
