package modelfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// branches is the structure of a graph with residual blocks, in which two branches from one value
// are added. It covers the values that depend on the graph's input, other than through its shape.
type branches struct {
	producers map[string]node     // the operator of each value that depends on the input
	operands  map[string][]string // its operands that depend on the input, too
	input     string
	before    map[string]string // results of previous
}

// newBranches finds the operators that depend on the input. ONNX lists operators in an order in
// which they can be computed.
func newBranches(g *graph, from string) *branches {
	b := &branches{
		producers: map[string]node{},
		operands:  map[string][]string{},
		input:     from,
		before:    map[string]string{},
	}
	depends := map[string]bool{from: true}
	for _, n := range g.nodes {
		// The shapes of values are known, so everything computed from them is constant.
		if n.operator == "Shape" {
			continue
		}

		var operands []string
		for _, name := range n.inputs {
			if depends[name] {
				operands = append(operands, name)
			}
		}
		if operands == nil {
			continue
		}

		for _, name := range n.outputs {
			depends[name] = true
		}
		b.producers[n.outputs[0]], b.operands[n.outputs[0]] = n, operands
	}

	return b
}

// joins reports whether any operator takes two values that depend on the input.
func (g *graph) joins(from string) bool {
	for _, operands := range newBranches(g, from).operands {
		if len(operands) > 1 {
			return true
		}
	}
	return false
}

// previous returns the value from which a value is computed. For a sum it returns the last value
// that both operands are computed from.
func (b *branches) previous(value string) (string, error) {
	// Without this cache, nested sums would be walked again for every sum around them.
	if found, known := b.before[value]; known {
		return found, nil
	}

	n, made := b.producers[value]
	operands := b.operands[value]
	var found string
	switch {
	case !made:
		return "", fmt.Errorf(
			"%s is not the first output of an operator on the graph's input",
			input.Quote(value),
		)
	case len(operands) == 1:
		found = operands[0]
	case len(operands) == 2 && n.operator == "Add" && n.isStandard():
		fork, err := b.fork(operands[0], operands[1])
		if err != nil {
			return "", fmt.Errorf("%v: %w", n, err)
		}
		found = fork
	default:
		return "", fmt.Errorf(
			"%v: it takes %d values that depend on the input; only an Add of two is supported",
			n,
			len(operands),
		)
	}

	b.before[value] = found

	return found, nil
}

// fork returns the last value that both left and right are computed from, which may be one of them.
func (b *branches) fork(left, right string) (string, error) {
	onLeft := map[string]bool{left: true}
	for value := left; value != b.input; {
		var err error
		if value, err = b.previous(value); err != nil {
			return "", err
		}
		onLeft[value] = true
	}

	for value := right; ; {
		if onLeft[value] {
			return value, nil
		}
		if value == b.input {
			return "", errors.New("its operands have nothing in common")
		}
		var err error
		if value, err = b.previous(value); err != nil {
			return "", err
		}
	}
}

// followBranches follows a graph with sums of two branches.
func (w *walk) followBranches() error {
	b := newBranches(w.graph, w.current)
	// Computing previous in this order keeps its recursion shallow.
	for _, n := range w.graph.nodes {
		if _, ok := b.producers[n.outputs[0]]; ok {
			_, err := b.previous(n.outputs[0])
			if err != nil {
				return err
			}
		}
	}

	return w.followTo(b, w.graph.outputs[0].name)
}

// followTo follows the operators from the current value to another.
func (w *walk) followTo(b *branches, value string) error {
	var way []string
	for at := value; at != w.current; at = b.before[at] {
		if at == b.input {
			return fmt.Errorf("%s is not computed from %s",
				input.Quote(value), input.Quote(w.current))
		}
		way = append(way, at)
	}

	// The path was found backwards.
	slices.Reverse(way)
	for _, value := range way {
		w.computeConstants(b)

		n := b.producers[value]
		var err error
		if len(b.operands[value]) == 2 {
			err = w.join(b, n)
		} else {
			err = w.followOperator(n)
		}

		if err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}
	}

	return nil
}

// computeConstants computes all operators on constants and known shapes that it can. A failure is
// reported later, where the value is needed.
func (w *walk) computeConstants(b *branches) {
	w.noteShape()
	for _, n := range w.graph.nodes {
		_, depends := b.producers[n.outputs[0]]
		_, known := w.graph.constants[n.outputs[0]]
		shape := n.operator == "Shape" && len(n.inputs) == 1 && w.shapes[n.inputs[0]] != nil
		if depends || known || !shape && !w.graph.isConstant(n) {
			continue
		}
		_ = w.followOperator(n)
	}
}

// join follows two branches from the current value and adds them.
func (w *walk) join(b *branches, n node) error {
	left, right := b.operands[n.outputs[0]][0], b.operands[n.outputs[0]][1]
	if left == right {
		return errors.New("it adds a value to itself: not supported")
	}

	// Otherwise a pending scaling would be folded into one branch only.
	err := w.settleScaling()
	if err != nil {
		return err
	}

	body, err := w.branch(b, left)
	if err != nil {
		return err
	}

	shortcut, err := w.branch(b, right)
	if err != nil {
		return err
	}

	// Either operand may be the shortcut, which must be the identity or a linear layer.
	if !shortcut.isShortcut() || len(body.layers) == 0 {
		body, shortcut = shortcut, body
	}

	if !shortcut.isShortcut() || len(body.layers) == 0 {
		return errors.New(
			"one of the two branches that it adds must be the identity or a linear layer without activation",
		)
	}

	if !slices.Equal(body.point, shortcut.point) {
		return fmt.Errorf(
			"it adds points of shapes %s and %s",
			shapeString(body.point),
			shapeString(shortcut.point),
		)
	}

	return w.addResidual(n, body, shortcut)
}

// settleScaling completes the last layer and turns a pending scaling into a layer, so that branches
// begin at the value itself.
func (w *walk) settleScaling() error {
	if !w.scaling.isIdentity() {
		if err := w.addDiagonal(); err != nil {
			return err
		}
	}
	if l := w.openLayer(); l != nil {
		l.activation = &network.Identity
	}
	return nil
}

// maxDepth limits the nesting of residual blocks, since a layer carries the shortcuts of all blocks
// around it.
const maxDepth = 16

// branch follows the operators from the current value to another in a walk of their own.
func (w *walk) branch(b *branches, to string) (*walk, error) {
	if w.depth == maxDepth {
		return nil, fmt.Errorf(
			"it is nested in %d residual blocks: must be in fewer",
			maxDepth,
		)
	}

	way := &walk{
		depth:   w.depth + 1,
		graph:   w.graph,
		weights: w.weights,
		current: w.current,
		single:  w.single,
		batch:   w.batch,
		point:   w.point,
		shapes:  w.shapes,
	}

	err := way.followTo(b, to)
	if err != nil {
		return nil, err
	}

	w.notes = append(w.notes, way.notes...)

	return way, way.settleScaling()
}

// isShortcut reports whether a branch is the identity or one linear layer.
func (w *walk) isShortcut() bool {
	if len(w.layers) == 0 {
		return true
	}
	l := w.layers[0].made()
	return len(w.layers) == 1 && l.Pool == nil && l.Activation.IsIdentity() && l.Residuals == nil
}

// addResidual adds the layers of body(x) + shortcut(x).
func (w *walk) addResidual(n node, body, shortcut *walk) error {
	var layers []network.Layer
	var names []string
	for i := range body.layers {
		layers = append(layers, body.layers[i].made())
		names = append(names, body.layers[i].name)
	}

	skip := network.Layer{Map: network.NewIdentity(layers[0].In())}
	if len(shortcut.layers) > 0 {
		skip = shortcut.layers[0].made()
	}

	// The activation after the sum is a separate operator, so the last layer is left open for it.
	block := network.NewShortcut(layers, skip, network.Identity)
	names = network.ShortcutNames(layers, names, cmp.Or(n.name, n.operator))
	for i := range block {
		l := layer{
			name:  names[i],
			other: &block[i],
			bias:  block[i].Bias,
		}
		if i < len(block)-1 {
			l.activation = &block[i].Activation
		}
		w.layers = append(w.layers, l)
	}

	w.current, w.point, w.single = n.outputs[0], body.point, body.single

	return nil
}
