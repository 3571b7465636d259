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

// parseONNX reads a graph that is a chain: each operator takes what the one before it gives, and
// constants; but that two ways from one value may be added up again, as residual blocks do. The
// table of operators says which.
func parseONNX(b []byte, o Options) (*model, error) {
	if o.Layers != nil {
		return nil, errLayersGiven
	}

	g, err := readONNX(b)
	if err != nil {
		return nil, err
	}

	// Constants are known before names are checked, since a constant may shadow a value.
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

	// Chains of operators that together make one are put together before the walk, which knows
	// single operators.
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

// followAll follows operators in their order.
func (w *walk) followAll(nodes []node) error {
	for _, n := range nodes {
		if err := w.step(n); err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}
	}
	return nil
}

// walk follows the chain and builds the layers.
type walk struct {
	model
	graph *graph
	depth int // how many residual blocks the chain is in
	// weights counts them, as a graph may use one constant many times.
	weights *input.Quota
	// current is the value that the next operator must take, batch×point its shape, unknown axes
	// being −1. A single point has no axis for the batch.
	current string
	single  bool
	batch   int
	point   []int
	// shapes of the values so far, with the axis of the batch.
	shapes map[string][]int
	// scaling of the values since the last layer, to be folded into the next.
	scaling affine
	// ended is the softmax after which nothing may come.
	ended string
}

// newWalk starts at the graph's one input; files of old list the constants among them.
func newWalk(g *graph) (*walk, error) {
	// Before IR version 4 every initialiser was an input, too.
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
		w.note("the graph does not say the shape of its input: taken as points of one axis")
	case 1:
		w.single = true
	default:
		w.batch, w.point = w.point[0], w.point[1:]
	}

	return w, nil
}

// step follows one operator.
func (w *walk) step(n node) error {
	w.noteShape()
	// Exporters leave arithmetic on constants in the graph, as shapes for Reshape.
	if w.graph.isConstant(n) {
		return w.fold(n)
	}

	// The shape of a value is known while the values themselves are not, so it becomes a constant
	// here.
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

	// A graph in which an earlier value is used again is another function than the chain.
	for i, name := range n.inputs {
		_, constant := w.graph.constants[name]
		if constant || name == "" {
			continue
		}

		if i > 0 || name != w.current {
			return fmt.Errorf(
				"it takes %q as operand %d: each operator must take what the one before it gives, as its "+
					"first operand, and constants",
				name,
				i+1,
			)
		}
	}

	// A softmax at the end is dropped, which changes no order of the outputs; in the middle it
	// would.
	if w.ended != "" && n.operator != "Identity" {
		return fmt.Errorf("it follows a %s, which is supported only as the last operator",
			w.ended)
	}

	w.current = n.outputs[0]

	return f(w, n)
}

// noteShape keeps the shape of the value that the chain has come to.
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

// chainFirst puts the chain's values first where the order of operands does not matter or is noted,
// and W·x for a single point x as x·Wᵀ.
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

// isConstant says whether all operands of a node are.
func (g *graph) isConstant(n node) bool {
	return !slices.ContainsFunc(n.inputs, func(name string) bool {
		_, constant := g.constants[name]
		return name != "" && !constant
	})
}

// operand returns a constant operand.
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

// finiteOperand returns a constant operand of finite numbers.
func (w *walk) finiteOperand(n node, i int) (tensor, error) {
	t, err := w.operand(n, i)
	if err != nil {
		return tensor{}, err
	}
	return t, t.checkFinite()
}

// ends says whether a node gives the graph's output.
func (w *walk) ends(n node) bool {
	return len(w.graph.outputs) == 1 && n.outputs[0] == w.graph.outputs[0].name
}

// open returns the last layer if neither activation nor scaling follows it yet.
func (w *walk) open() *layer {
	if len(w.layers) == 0 || w.layers[len(w.layers)-1].activation != nil {
		return nil
	}
	return &w.layers[len(w.layers)-1]
}

// finish returns the model once all operators are followed.
func (w *walk) finish() (*model, error) {
	if len(w.graph.outputs) != 1 || w.graph.outputs[0].name != w.current {
		return nil, fmt.Errorf(
			"the graph's output must be at the end of the chain, %s",
			input.Quote(w.current),
		)
	}

	if len(w.layers) == 0 {
		return nil, errNoLayers
	}

	// A scaling after the last layer has no layer to be folded into.
	err := w.settle()
	if err != nil {
		return nil, err
	}

	return &w.model, w.takeClasses()
}

// takeClasses keeps the names of the classes if they are as many as the network tells apart: one
// output, a sigmoid, tells two.
func (w *walk) takeClasses() error {
	names := w.graph.classes
	if names == nil {
		return nil
	}

	outputs := w.layers[len(w.layers)-1].out()
	if len(names) != outputs && (outputs != 1 || len(names) != 2) {
		return fmt.Errorf("it names %d classes of %d outputs", len(names), outputs)
	}

	for _, name := range names {
		w.data.Classes = append(w.data.Classes, input.Printable(name))
	}

	return nil
}

// addDiagonal makes a layer of the scaling that follows the last activation, or the input: a matrix
// for points of one axis, else a map of one entry for each output.
func (w *walk) addDiagonal() error {
	n, ok := input.Elements(w.point)
	most := maxDiagonal
	if len(w.point) > 1 {
		most = maxEntries
	}

	// The dense matrix has the square of the entries.
	if !ok || n == 0 || n > most {
		return fmt.Errorf(
			"points of shape %s, of which a layer would be made that scales them, are none of 1 to %d entries",
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

// addSparseDiagonal makes the layer for points of several axes, of n entries.
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

// maxDiagonal is the most entries of a point of which a diagonal matrix is made.
const maxDiagonal = 1 << 14
