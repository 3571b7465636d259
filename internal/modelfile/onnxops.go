package modelfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// operators is the table of supported operators on the current value, which is their first operand.
var operators = map[string]func(w *walk, n node) error{
	"Gemm":   (*walk).gemm,
	"MatMul": (*walk).matMul,
	"Conv":   (*walk).conv,

	"Pad":               (*walk).pad,
	"MaxPool":           (*walk).maxPool,
	"AveragePool":       (*walk).averagePool,
	"GlobalMaxPool":     (*walk).globalMaxPool,
	"GlobalAveragePool": (*walk).globalAveragePool,
	"ReduceMean":        (*walk).reduceMean,

	"Add":                scaleBy(func(_ node, c []float64) affine { return affine{shift: c} }),
	"Sub":                scaleBy(difference),
	"Mul":                scaleBy(func(_ node, c []float64) affine { return affine{scale: c} }),
	"Div":                scaleBy(quotient),
	"Neg":                (*walk).neg,
	"BatchNormalization": (*walk).batchNormalization,

	"Relu":      activation("relu"),
	"LeakyRelu": (*walk).leakyReLU,
	"Tanh":      activation("tanh"),
	"Sigmoid":   activation("sigmoid"),
	"Gelu":      (*walk).gelu,
	"Swish":     (*walk).swish,
	"Softplus":  activation("softplus"),

	"Identity":   func(*walk, node) error { return nil },
	"Cast":       (*walk).cast,
	"Dropout":    (*walk).dropout,
	"Flatten":    (*walk).flatten,
	"Reshape":    (*walk).reshape,
	"Squeeze":    (*walk).squeeze,
	"Unsqueeze":  (*walk).unsqueeze,
	"Softmax":    (*walk).softmax,
	"LogSoftmax": (*walk).softmax,

	"ai.onnx.ml.Scaler": (*walk).scaler,
}

// gemm adds alpha·x·W + beta·c, or alpha·x·Wᵀ + beta·c with transB.
func (w *walk) gemm(n node) error {
	if n.numberOr("transA", 0) != 0 {
		return errors.New("transA must be 0, to keep points separate")
	}

	if err := w.linear(n, n.numberOr("transB", 0) == 0); err != nil {
		return err
	}

	// alpha scales only the product, so it comes before the bias.
	if alpha := n.numberOr("alpha", 1); alpha != 1 {
		w.scaleValues(affine{scale: []float64{alpha}})
	}

	if len(n.inputs) < 3 || n.inputs[2] == "" {
		return nil
	}

	c, err := w.perPoint(n, 2)
	if err != nil {
		return err
	}

	for i := range c {
		c[i] *= n.numberOr("beta", 1)
	}

	w.scaleValues(affine{shift: c})

	return nil
}

func (w *walk) matMul(n node) error {
	return w.linear(n, true)
}

// linear adds a layer without a bias, whose weight is the node's second operand.
func (w *walk) linear(n node, inOut bool) error {
	t, err := w.operand(n, 1)
	if err != nil {
		return err
	}

	// MatMul has the points on the left, so its weight is in×out.
	if inOut && len(t.shape) == 2 {
		t = t.transpose()
	}

	m, err := t.matrix()
	if err != nil {
		return err
	}

	l := layer{name: t.name, weight: m}
	if err := w.weights.Take(len(t.values)); err != nil {
		return err
	}

	if point := withoutLeadingOnes(w.point); len(point) != 1 ||
		point[0] >= 0 && point[0] != l.in() {
		if last := len(w.layers) - 1; last >= 0 {
			before := w.layers[last]
			return chains(before.name, before.out(), before.in(), l.name, l.out(), l.in())
		}

		return fmt.Errorf(
			"%q (%d×%d, out×in) does not take points of shape %s",
			l.name,
			l.out(),
			l.in(),
			shapeString(w.point),
		)
	}

	return w.addLayer(l, []int{l.out()})
}

// addLayer appends a layer to the chain. Its outputs have the given shape.
func (w *walk) addLayer(l layer, shape []int) error {
	// Two consecutive linear layers have the identity between them.
	if before := w.openLayer(); before != nil {
		before.activation = &network.Identity
	}

	// A scaling before a convolution may have different factors within a channel, which no kernel
	// can absorb.
	if !w.scaling.isIdentity() && !w.scaling.folds(&l, true) {
		if err := w.addDiagonal(); err != nil {
			return err
		}
		w.openLayer().activation = &network.Identity
	}

	w.scaling.before(&l)
	w.scaling = affine{}
	w.layers, w.point = append(w.layers, l), shape

	return nil
}

// activation returns the handler of an activation without attributes.
func activation(name string) func(*walk, node) error {
	return func(w *walk, _ node) error { return w.activate(name, 0) }
}

func (w *walk) leakyReLU(n node) error {
	return w.activate("leaky_relu", n.numberOr("alpha", 0.01))
}

func (w *walk) gelu(n node) error {
	// The tanh approximation is a different function, with a different Lipschitz constant.
	a := n.attributes["approximate"].text
	if a != "" && a != "none" {
		return fmt.Errorf("approximation %q: must be none", a)
	}
	return w.activate("gelu", 0)
}

func (w *walk) swish(n node) error {
	if alpha := n.numberOr("alpha", 1); alpha != 1 {
		return fmt.Errorf("alpha %v: must be 1", alpha)
	}
	return w.activate("silu", 0)
}

// activate sets the activation of the last layer. If a scaling, another activation or nothing comes
// before it instead of a linear layer, it adds one.
func (w *walk) activate(name string, slope float64) error {
	if w.openLayer() == nil {
		err := w.addDiagonal()
		if err != nil {
			return err
		}
	}
	l := w.openLayer()
	a, err := Options{Activation: name, Slope: &slope}.activations()
	l.activation = a.hidden
	return err
}

func (w *walk) dropout(n node) error {
	if len(n.inputs) > 2 && n.inputs[2] != "" {
		training, err := w.operand(n, 2)
		if err != nil {
			return err
		}
		if slices.Contains(training.values, 1) {
			return errors.New("it is in training mode")
		}
	}
	w.addNote("a Dropout is left out, as in evaluation mode")
	return nil
}

// cast ignores a conversion to floats. A conversion to integers or booleans would change the
// function and is refused.
func (w *walk) cast(n node) error {
	switch to := n.numberOr("to", 0); uint64(to) {
	case onnxFloat, onnxFloat16, onnxDouble, onnxBFloat16:
		return nil
	default:
		return fmt.Errorf("conversion to ONNX type %v: must be a float", to)
	}
}

// pointSize returns the number of entries of a point, or −1 if unknown.
func (w *walk) pointSize() int {
	if n, ok := input.Elements(w.point); ok {
		return n
	}
	return -1
}

// flatten merges all axes of a point into one. With axis 0 it also merges the batch, which then
// must have one point.
func (w *walk) flatten(n node) error {
	axis := n.numberOr("axis", 1)
	if axis < 0 {
		axis += float64(len(w.point) + 1)
	}
	if axis != 0 && axis != 1 {
		return fmt.Errorf("axis %v: must be 1, to keep points separate", axis)
	}
	w.single, w.point = false, []int{w.pointSize()}
	return nil
}

// reshape flattens points to one axis, or changes the shape of each point.
func (w *walk) reshape(n node) error {
	t, err := w.operand(n, 1)
	if err != nil {
		return err
	}

	if planes, ok := w.planes(t.values); ok {
		w.point = planes
		return nil
	}

	// If the input's shape is unknown, the target determines how many numbers a point has.
	flat := []int{w.pointSize()}
	if len(t.values) == 2 && t.values[1] > 0 && flat[0] < 0 {
		flat[0] = int(t.values[1])
	}

	// skl2onnx ends every MLPRegressor like this, regardless of its number of outputs.
	if w.ends(n) && slices.Equal(t.values, []float64{-1, 1}) && len(w.point) == 1 && flat[0] > 1 {
		w.addNote(
			"the final Reshape, which would put the %d outputs of a point into one column, is left out",
			flat[0],
		)
		return nil
	}

	if !isFlattening(t.values, w.batch, flat[0]) {
		return fmt.Errorf(
			"target shape %v: must flatten points of shape %s",
			t.values,
			shapeString(w.point),
		)
	}

	w.single, w.point = false, flat

	return nil
}

// planes returns the new shape of points if a Reshape gives each point a shape with more than one
// axis. ok is false if the Reshape does anything else.
func (w *walk) planes(shape []float64) (point []int, ok bool) {
	size := w.pointSize()
	if len(shape) < 3 || size < 1 || w.single {
		return nil, false
	}

	rest, open := size, -1
	for axis, v := range shape[1:] {
		switch {
		case v == -1 && open < 0 && shape[0] != -1:
			open = axis
		case v >= 1 && rest%int(v) == 0:
			rest /= int(v)
		default:
			return nil, false
		}
		point = append(point, int(v))
	}

	if open >= 0 {
		point[open], rest = rest, 1
	}

	return point, isBatch(shape[0], w.batch) && rest == 1
}

// isFlattening reports whether a Reshape to the given shape flattens each point of the given size
// and keeps points separate. In shape, −1 is inferred from the rest and 0 copies the axis.
func isFlattening(shape []float64, batch, size int) bool {
	if len(shape) != 2 {
		return false
	}
	return isBatch(shape[0], batch) &&
		(shape[1] == -1 && shape[0] != -1 || shape[1] == float64(size) && size >= 0)
}

// isBatch reports whether the first side of a Reshape's target keeps a batch of the given size:
// exporters write −1, 0 or 1, or compute it from the input's shape.
func isBatch(side float64, batch int) bool {
	return math.IsNaN(side) || slices.Contains([]float64{-1, 0, 1, float64(batch)}, side)
}

// softmax drops the operator, since the measurements are of the logits.
func (w *walk) softmax(n node) error {
	// A softmax over the batch would make the outputs of each point depend on the others.
	axis := n.numberOr("axis", -1)
	if len(w.point) == 1 && !w.single && axis != 1 && axis != -1 {
		return fmt.Errorf("axis %v: must be the axis of the outputs, 1 or -1", axis)
	}

	w.ended = n.operator
	w.addNote("the final %s is dropped: the outputs are the logits before it", n.operator)
	return nil
}
