package modelfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// operators is the table of supported operators, whose first operand is the chain's.
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

	"Add":                scaled(func(_ node, c []float64) affine { return affine{shift: c} }),
	"Sub":                scaled(difference),
	"Mul":                scaled(func(_ node, c []float64) affine { return affine{scale: c} }),
	"Div":                scaled(quotient),
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

// gemm returns alpha·x·W + beta·c, or with transB alpha·x·Wᵀ + beta·c.
func (w *walk) gemm(n node) error {
	if n.number("transA", 0) != 0 {
		return errors.New("transA must be 0, to keep the points apart")
	}

	if err := w.linear(n, n.number("transB", 0) == 0); err != nil {
		return err
	}

	// alpha scales the product alone, so it comes before the bias.
	if alpha := n.number("alpha", 1); alpha != 1 {
		w.scale(affine{scale: []float64{alpha}})
	}

	if len(n.inputs) < 3 || n.inputs[2] == "" {
		return nil
	}

	c, err := w.perPoint(n, 2)
	if err != nil {
		return err
	}

	for i := range c {
		c[i] *= n.number("beta", 1)
	}

	w.scale(affine{shift: c})

	return nil
}

func (w *walk) matMul(n node) error {
	return w.linear(n, true)
}

// linear adds a layer without bias, its weight the node's second operand.
func (w *walk) linear(n node, inOut bool) error {
	t, err := w.operand(n, 1)
	if err != nil {
		return err
	}

	// MatMul multiplies points from the left, so its weight lies in × out.
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

// addLayer puts a layer at the end of the chain, which gives points of the shape.
func (w *walk) addLayer(l layer, shape []int) error {
	// Two linear layers in a row have the identity between them.
	if before := w.open(); before != nil {
		before.activation = &network.Identity
	}

	// A scaling before a convolution may treat the numbers of a channel differently, which no
	// kernel can.
	if !w.scaling.isIdentity() && !w.scaling.folds(&l, true) {
		if err := w.addDiagonal(); err != nil {
			return err
		}
		w.open().activation = &network.Identity
	}

	w.scaling.before(&l)
	w.scaling = affine{}
	w.layers, w.point = append(w.layers, l), shape

	return nil
}

// activation follows an operator without settings.
func activation(name string) func(*walk, node) error {
	return func(w *walk, _ node) error { return w.activate(name, 0) }
}

func (w *walk) leakyReLU(n node) error {
	return w.activate("leaky_relu", n.number("alpha", 0.01))
}

func (w *walk) gelu(n node) error {
	// The tanh approximation is another function, with another Lipschitz constant.
	a := n.attributes["approximate"].text
	if a != "" && a != "none" {
		return fmt.Errorf("approximation %q: must be none", a)
	}
	return w.activate("gelu", 0)
}

func (w *walk) swish(n node) error {
	if alpha := n.number("alpha", 1); alpha != 1 {
		return fmt.Errorf("alpha %v: must be 1", alpha)
	}
	return w.activate("silu", 0)
}

// activate puts an activation after the layer before it. Where no linear layer comes right before
// it, but a scaling, another activation or nothing, one is made.
func (w *walk) activate(name string, slope float64) error {
	if w.open() == nil {
		err := w.addDiagonal()
		if err != nil {
			return err
		}
	}
	l := w.open()
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
	w.note("a Dropout is left out, as in evaluation")
	return nil
}

// cast leaves a conversion between floats out; a conversion to integers or truth values changes the
// function and is refused.
func (w *walk) cast(n node) error {
	switch to := n.number("to", 0); uint64(to) {
	case onnxFloat, onnxFloat16, onnxDouble, onnxBFloat16:
		return nil
	default:
		return fmt.Errorf("to ONNX's type %v: must be a float", to)
	}
}

// size returns the number of entries of a point, −1 if unknown.
func (w *walk) size() int {
	if n, ok := input.Elements(w.point); ok {
		return n
	}
	return -1
}

// flatten takes all axes of a point together; with axis 0 also the batch, which then is of one.
func (w *walk) flatten(n node) error {
	axis := n.number("axis", 1)
	if axis < 0 {
		axis += float64(len(w.point) + 1)
	}
	if axis != 0 && axis != 1 {
		return fmt.Errorf("axis %v: must be 1, to keep the points apart", axis)
	}
	w.single, w.point = false, []int{w.size()}
	return nil
}

// reshape flattens points, to a shape of two axes.
func (w *walk) reshape(n node) error {
	t, err := w.operand(n, 1)
	if err != nil {
		return err
	}

	if planes, ok := w.planes(t.values); ok {
		w.point = planes
		return nil
	}

	// The input's shape may be open, and then the target says how many numbers a point has.
	flat := []int{w.size()}
	if len(t.values) == 2 && t.values[1] > 0 && flat[0] < 0 {
		flat[0] = int(t.values[1])
	}

	// skl2onnx ends every MLPRegressor so, whatever its number of outputs.
	if w.ends(n) && slices.Equal(t.values, []float64{-1, 1}) && len(w.point) == 1 && flat[0] > 1 {
		w.note(
			"the final Reshape is left out, by which the %d outputs of a point would be in one column",
			flat[0],
		)
		return nil
	}

	if !isFlattening(t.values, w.batch, flat[0]) {
		return fmt.Errorf(
			"to shape %v: must flatten points of shape %s",
			t.values,
			shapeString(w.point),
		)
	}

	w.single, w.point = false, flat

	return nil
}

// planes returns the shape of points that a Reshape lays out anew, in more than one axis, without
// taking several together; ok is false if it does something else.
func (w *walk) planes(shape []float64) (point []int, ok bool) {
	size := w.size()
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

// isFlattening says whether a Reshape to the given shape, in which −1 stands for what is left and
// 0 for what was, keeps the points apart.
func isFlattening(shape []float64, batch, size int) bool {
	if len(shape) != 2 {
		return false
	}
	return isBatch(shape[0], batch) &&
		(shape[1] == -1 && shape[0] != -1 || shape[1] == float64(size) && size >= 0)
}

// isBatch says whether the first side of a Reshape's target keeps the batch of the given size:
// exporters write −1, 0 or 1, or compute it from the input's shape.
func isBatch(side float64, batch int) bool {
	return math.IsNaN(side) || slices.Contains([]float64{-1, 0, 1, float64(batch)}, side)
}

// softmax drops the operator: what is measured are the logits.
func (w *walk) softmax(n node) error {
	// Over the points of a batch it would make each point's outputs depend on the others.
	axis := n.number("axis", -1)
	if len(w.point) == 1 && !w.single && axis != 1 && axis != -1 {
		return fmt.Errorf("axis %v: must be that of the outputs, 1 or -1", axis)
	}

	w.ended = n.operator
	w.note("the final %s is dropped: the outputs are what it takes, the logits", n.operator)
	return nil
}
