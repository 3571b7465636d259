package modelfile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// Operators on constants are evaluated here: exporters leave computations in the graph, such as the
// weight of a parametrisation or the target shape of a Reshape. The unknown size of a batch is NaN
// in shapes, and so is everything computed from it; a weight that depends on it is refused for not
// being finite.

// folder evaluates an operator on constants.
type folder func(n node, operands []tensor) (tensor, error)

// folders is the table of operators on constants, except for Constant.
var folders = map[string]folder{
	"Identity": func(_ node, x []tensor) (tensor, error) {
		return x[0], nil
	},
	"Cast": func(_ node, x []tensor) (tensor, error) {
		return x[0], nil
	},
	"Neg":   entrywise(func(v float64) float64 { return -v }),
	"Abs":   entrywise(math.Abs),
	"Exp":   entrywise(math.Exp),
	"Sqrt":  entrywise(math.Sqrt),
	"Tanh":  entrywise(math.Tanh),
	"Floor": entrywise(math.Floor),
	"Relu":  entrywise(func(v float64) float64 { return max(v, 0) }),
	"Sigmoid": entrywise(func(v float64) float64 {
		return 1 / (1 + math.Exp(-v))
	}),
	"Softplus": entrywise(
		func(v float64) float64 {
			return max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
		},
	),
	"Reciprocal": entrywise(func(v float64) float64 { return 1 / v }),

	"Add": pairwise(func(a, b float64) float64 { return a + b }),
	"Sub": pairwise(func(a, b float64) float64 { return a - b }),
	"Mul": pairwise(func(a, b float64) float64 { return a * b }),
	"Div": pairwise(func(a, b float64) float64 { return a / b }),
	"Pow": pairwise(math.Pow),
	"Max": pairwise(math.Max),
	"Min": pairwise(math.Min),

	"ReduceSum": reduced(sum),
	"ReduceMean": reduced(func(v []float64) float64 {
		return sum(v) / float64(len(v))
	}),
	"ReduceL2":   reduced(norm),
	"ReduceMax":  reduced(slices.Max[[]float64]),
	"ReduceProd": reduced(floats.Prod),

	"MatMul":          foldMatMul,
	"Transpose":       foldTranspose,
	"Reshape":         foldReshape,
	"Unsqueeze":       foldUnsqueeze,
	"Squeeze":         foldSqueeze,
	"Concat":          foldConcat,
	"Gather":          foldGather,
	"Slice":           foldSlice,
	"ConstantOfShape": foldConstantOfShape,
	"Shape": func(n node, x []tensor) (tensor, error) {
		return shapeTensor(n, x[0].shape), nil
	},
}

// fold evaluates an operator on constants and adds its output as a constant.
func (w *walk) fold(n node) error {
	f, known := folders[n.operator]
	if !known || !n.isStandard() || len(n.outputs) != 1 {
		return fmt.Errorf(
			"not supported on constants; those supported are %s",
			strings.Join(slices.Sorted(maps.Keys(folders)), ", "),
		)
	}

	// An operand that is left out has an empty name.
	var operands []tensor
	for _, name := range n.inputs {
		if name == "" {
			operands = append(operands, tensor{})
			continue
		}

		t, err := w.graph.constants[name].decode()
		if err != nil {
			return err
		}

		operands = append(operands, t)
	}

	if len(operands) == 0 {
		return errors.New("it has no operand")
	}

	t, err := f(n, operands)
	if err != nil {
		return err
	}

	// A graph of a few bytes may compute huge constants.
	err = w.weights.Take(len(t.values))
	if err != nil {
		return err
	}

	return w.graph.addComputed(n, t)
}

// second returns the second operand, which must be present.
func second(x []tensor) (tensor, error) {
	if len(x) < 2 {
		return tensor{}, errors.New("it lacks its second operand")
	}
	return x[1], nil
}

func entrywise(f func(float64) float64) folder {
	return func(_ node, x []tensor) (tensor, error) {
		values := make([]float64, len(x[0].values))
		for i, v := range x[0].values {
			values[i] = f(v)
		}
		return tensor{shape: x[0].shape, values: values}, nil
	}
}

// pairwise returns a folder that combines the entries of two tensors, broadcast as in NumPy.
func pairwise(f func(a, b float64) float64) folder {
	return func(_ node, x []tensor) (tensor, error) {
		b, err := second(x)
		if err != nil {
			return tensor{}, err
		}

		a := x[0]
		shape, err := broadcast(a.shape, b.shape)
		if err != nil {
			return tensor{}, err
		}

		// Two small tensors may broadcast to a huge one.
		n, ok := input.Elements(shape)
		if !ok {
			return tensor{}, fmt.Errorf(
				"its result of shape %s has too many numbers",
				shapeString(shape),
			)
		}

		values := make([]float64, n)
		for i := range values {
			index := unravel(i, shape)
			values[i] = f(
				a.values[broadcastOffset(index, a.shape)],
				b.values[broadcastOffset(index, b.shape)],
			)
		}

		return tensor{shape: shape, values: values}, nil
	}
}

// broadcast returns the shape to which two shapes broadcast: they are aligned at their ends, and
// axes of length 1 are repeated.
func broadcast(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}

	shape := slices.Clone(a)
	for i, n := range b {
		axis := len(a) - len(b) + i
		switch {
		case shape[axis] == 1:
			shape[axis] = n
		case n != 1 && n != shape[axis]:
			return nil, fmt.Errorf(
				"shapes %s and %s do not fit together",
				shapeString(a),
				shapeString(b),
			)
		}
	}

	return shape, nil
}

// broadcastOffset returns the offset of the entry of a tensor with a shape that is at an index
// after broadcasting.
func broadcastOffset(index, shape []int) int {
	offset := 0
	// An axis of length 1 is repeated, so the index along it does not count.
	for axis, n := range shape {
		offset *= n
		if n > 1 {
			offset += index[len(index)-len(shape)+axis]
		}
	}
	return offset
}

func sum(v []float64) float64 {
	total := 0.0
	for _, x := range v {
		total += x
	}
	return total
}

func norm(v []float64) float64 {
	total := 0.0
	for _, x := range v {
		total += x * x
	}
	return math.Sqrt(total)
}

// reduced returns a folder that reduces the entries along axes by f. The axes are given by an
// attribute or operand; the default is all axes.
func reduced(f func([]float64) float64) folder {
	return func(n node, x []tensor) (tensor, error) {
		t := x[0]
		axes, err := axesOf(n, x, len(t.shape))
		if err != nil {
			return tensor{}, err
		}

		if axes == nil && n.numberOr("noop_with_empty_axes", 0) != 0 {
			return t, nil
		}

		// Number the groups by the shape in which reduced axes have length 1, even if keepdims is
		// 0.
		kept := slices.Clone(t.shape)
		var shape []int
		for axis := range kept {
			isReduced := axes == nil || slices.Contains(axes, axis)
			if isReduced {
				kept[axis] = 1
			}
			if !isReduced || n.numberOr("keepdims", 1) != 0 {
				shape = append(shape, kept[axis])
			}
		}

		groups := make([][]float64, elementCount(kept))
		for i, v := range t.values {
			group := broadcastOffset(unravel(i, t.shape), kept)
			groups[group] = append(groups[group], v)
		}

		values := make([]float64, len(groups))
		for i, group := range groups {
			if len(group) == 0 {
				return tensor{}, errors.New("it reduces no entries")
			}
			values[i] = f(group)
		}

		return tensor{shape: shape, values: values}, nil
	}
}

// elementCount returns the number of entries of a shape that is known to be valid.
func elementCount(shape []int) int {
	n, _ := input.Elements(shape)
	return n
}

// axesOf returns the axes of an operator from its attribute or its second operand, nil if it has
// neither. Negative axes count from the end of dims axes.
func axesOf(n node, x []tensor, dims int) ([]int, error) {
	var axes []int
	for _, v := range axisNumbers(n, x) {
		axis, err := axisOf(v, dims)
		if err != nil {
			return nil, err
		}

		axes = append(axes, axis)
	}

	return axes, nil
}

// axisNumbers returns the axes as given by the attribute or, since opset 13 or 18, by the operand.
func axisNumbers(n node, x []tensor) []float64 {
	if len(x) > 1 && x[1].values != nil {
		return x[1].values
	}
	return n.attributes["axes"].numbers
}

func axisOf(v float64, dims int) (int, error) {
	if v < 0 {
		v += float64(dims)
	}
	if !(v >= 0 && v < float64(dims)) || v != math.Trunc(v) {
		return 0, fmt.Errorf("axis %v of %d is out of range", v, dims)
	}
	return int(v), nil
}

// maxFoldedWork limits the number of multiplications in a product of constants.
const maxFoldedWork = 1 << 36

// foldMatMul multiplies matrices. A vector is a row as the first operand and a column as the
// second.
func foldMatMul(_ node, x []tensor) (tensor, error) {
	b, err := second(x)
	if err != nil {
		return tensor{}, err
	}

	a := x[0]
	if len(a.shape) < 1 || len(a.shape) > 2 || len(b.shape) < 1 || len(b.shape) > 2 {
		return tensor{}, fmt.Errorf(
			"shapes %s and %s: must be matrices or vectors",
			shapeString(a.shape),
			shapeString(b.shape),
		)
	}

	rows, inner := 1, a.shape[len(a.shape)-1]
	if len(a.shape) == 2 {
		rows = a.shape[0]
	}

	cols := 1
	if len(b.shape) == 2 {
		cols = b.shape[1]
	}

	// Compute in float64, since the product of three claimed sizes may overflow an int.
	if b.shape[0] != inner || rows*inner*cols == 0 ||
		float64(rows)*float64(inner)*float64(cols) > maxFoldedWork {
		return tensor{}, fmt.Errorf(
			"shapes %s and %s cannot be multiplied",
			shapeString(a.shape),
			shapeString(b.shape),
		)
	}

	result := mat.NewDense(rows, cols, nil)
	result.Mul(mat.NewDense(rows, inner, a.values), mat.NewDense(inner, cols, b.values))
	var shape []int
	if len(a.shape) == 2 {
		shape = append(shape, rows)
	}

	if len(b.shape) == 2 {
		shape = append(shape, cols)
	}

	return tensor{shape: shape, values: result.RawMatrix().Data}, nil
}

// foldTranspose permutes axes. By default it reverses them.
func foldTranspose(n node, x []tensor) (tensor, error) {
	t := x[0]
	dims := len(t.shape)
	perm := make([]int, dims)
	for i := range perm {
		perm[i] = dims - 1 - i
	}

	given := n.attributes["perm"].numbers
	refused := fmt.Errorf("axes %v of shape %s", given, shapeString(t.shape))
	if given != nil && len(given) != dims {
		return tensor{}, refused
	}

	for i, v := range given {
		axis, err := axisOf(v, dims)
		if err != nil || slices.Contains(perm[:i], axis) {
			return tensor{}, refused
		}
		perm[i] = axis
	}

	shape := make([]int, dims)
	for i, axis := range perm {
		shape[i] = t.shape[axis]
	}

	values := make([]float64, len(t.values))
	old := make([]int, dims)

	// Axis k of the result is axis perm[k] of the original.
	for i := range values {
		for k, position := range unravel(i, shape) {
			old[perm[k]] = position
		}

		values[i] = t.values[broadcastOffset(old, t.shape)]
	}

	return tensor{shape: shape, values: values}, nil
}

func foldReshape(n node, x []tensor) (tensor, error) {
	target, err := second(x)
	if err != nil {
		return tensor{}, err
	}

	t := x[0]
	shape, free, known := make([]int, len(target.values)), -1, 1

	// In ONNX's Reshape −1 is inferred from the rest, and 0 copies the axis unless allowzero is
	// set.
	for i, v := range target.values {
		switch {
		case v == -1 && free < 0:
			free = i
			continue
		case v == 0 && n.numberOr("allowzero", 0) == 0 && i < len(t.shape):
			v = float64(t.shape[i])
		}

		if !(v > 0 && v <= float64(len(t.values))) {
			return tensor{}, fmt.Errorf("shape %v for %d numbers",
				target.values, len(t.values))
		}

		shape[i] = int(v)
		// Limit the product to one more than can fit, so that it does not overflow.
		known *= min(int(v), len(t.values)+1)
		known = min(known, len(t.values)+1)
	}

	if free >= 0 && known > 0 {
		shape[free] = len(t.values) / known
		known *= shape[free]
	}

	if known != len(t.values) {
		return tensor{}, fmt.Errorf("shape %v for %d numbers", target.values, len(t.values))
	}

	return tensor{shape: shape, values: t.values}, nil
}

func foldUnsqueeze(n node, x []tensor) (tensor, error) {
	// The axes refer to the result.
	axes, err := axesOf(n, x, len(x[0].shape)+len(axisNumbers(n, x)))
	if err != nil {
		return tensor{}, err
	}

	// If axes are inserted in ascending order, each ends up at its position in the result.
	slices.Sort(axes)
	shape := slices.Clone(x[0].shape)
	for _, axis := range slices.Compact(axes) {
		if axis > len(shape) {
			return tensor{}, fmt.Errorf("axis %d of shape %s", axis, shapeString(shape))
		}

		shape = slices.Insert(shape, axis, 1)
	}

	return tensor{shape: shape, values: x[0].values}, nil
}

func foldSqueeze(n node, x []tensor) (tensor, error) {
	axes, err := axesOf(n, x, len(x[0].shape))
	if err != nil {
		return tensor{}, err
	}

	var shape []int
	for axis, size := range x[0].shape {
		chosen := slices.Contains(axes, axis)
		if chosen && size != 1 {
			return tensor{}, fmt.Errorf("axis %d has %d entries, not 1", axis, size)
		}

		if !chosen && (axes != nil || size != 1) {
			shape = append(shape, size)
		}
	}

	return tensor{shape: shape, values: x[0].values}, nil
}

// foldConcat joins tensors along an axis, such as the vectors that make up a shape.
func foldConcat(n node, x []tensor) (tensor, error) {
	dims := len(x[0].shape)
	axis, err := axisOf(n.numberOr("axis", 0), dims)
	if err != nil {
		return tensor{}, err
	}

	shape := slices.Clone(x[0].shape)
	shape[axis] = 0
	for _, t := range x {
		if len(t.shape) != dims {
			return tensor{}, errors.New("its operands differ in their number of axes")
		}

		for i, size := range t.shape {
			if i != axis && size != shape[i] {
				return tensor{}, errors.New("its operands differ in an axis other than the joined one")
			}
		}

		shape[axis] += t.shape[axis]
	}

	// Split at the axis, each operand consists of rows of width numbers.
	rows := elementCount(shape[:axis])
	var values []float64
	for row := range rows {
		for _, t := range x {
			width := len(t.values) / max(rows, 1)
			values = append(values, t.values[row*width:(row+1)*width]...)
		}
	}

	return tensor{shape: shape, values: values}, nil
}

// foldGather selects entries of a tensor with one axis, such as a shape.
func foldGather(n node, x []tensor) (tensor, error) {
	indices, err := second(x)
	if err != nil {
		return tensor{}, err
	}

	t := x[0]
	if len(t.shape) != 1 || n.numberOr("axis", 0) != 0 {
		return tensor{}, fmt.Errorf("from shape %s: must have one axis", shapeString(t.shape))
	}

	values := make([]float64, len(indices.values))
	for i, v := range indices.values {
		at, err := axisOf(v, len(t.values))
		if err != nil {
			return tensor{}, fmt.Errorf("index %v of %d", v, len(t.values))
		}

		values[i] = t.values[at]
	}

	return tensor{shape: indices.shape, values: values}, nil
}

// foldSlice returns a slice of a tensor along one axis. A negative step goes backwards.
func foldSlice(_ node, x []tensor) (tensor, error) {
	if len(x) < 3 || len(x[1].values) != 1 || len(x[2].values) != 1 {
		return tensor{}, errors.New("must be along one axis, with a start and an end")
	}

	t := x[0]
	axis, err := axisOf(onlyOr(x, 3, 0), len(t.shape))
	if err != nil {
		return tensor{}, err
	}

	step := onlyOr(x, 4, 1)
	if step == 0 || step != math.Trunc(step) {
		return tensor{}, fmt.Errorf("step %v: must be whole and not 0", step)
	}

	// A backward slice to the beginning ends before entry 0, which no index can express, since −1
	// is the last entry: any end below −n stands for it.
	n := float64(t.shape[axis])
	from, to := bounded(x[1].values[0], n), bounded(x[2].values[0], n)
	if step < 0 {
		from = min(from, n-1)
		if x[2].values[0] < -n {
			to = -1
		}
	}

	var taken []int
	for at := from; (to-at)*step > 0; at += step {
		taken = append(taken, int(at))
	}

	inner := elementCount(t.shape[axis+1:])
	part := tensor{shape: slices.Clone(t.shape)}
	part.shape[axis] = len(taken)
	block := t.shape[axis] * inner
	for first := 0; first < len(t.values); first += block {
		for _, at := range taken {
			part.values = append(part.values, t.values[first+at*inner:][:inner]...)
		}
	}

	return part, nil
}

// onlyOr returns the only value of an operand, byDefault if the operand is left out, and NaN if it
// has several values.
func onlyOr(x []tensor, operand int, byDefault float64) float64 {
	switch {
	case len(x) <= operand || x[operand].values == nil:
		return byDefault
	case len(x[operand].values) != 1:
		return math.NaN()
	default:
		return x[operand].values[0]
	}
}

// foldConstantOfShape returns a tensor filled with the value of the attribute, by default 0.
func foldConstantOfShape(n node, x []tensor) (tensor, error) {
	var shape []int
	for _, side := range x[0].values {
		if !(side >= 0 && side <= maxEntries) || side != math.Trunc(side) {
			return tensor{}, fmt.Errorf("shape %v: sides must be from 0 to %d",
				x[0].values, maxEntries)
		}
		shape = append(shape, int(side))
	}

	size, ok := input.Elements(shape)
	if !ok || size > maxEntries {
		return tensor{}, fmt.Errorf("shape %v: must be at most %d numbers",
			x[0].values, maxEntries)
	}

	// This is the operator's default.
	value := 0.0
	given := n.attributes["value"].tensor
	if given != nil {
		t, err := given.decode()
		if err != nil {
			return tensor{}, err
		}
		if len(t.values) != 1 {
			return tensor{}, fmt.Errorf("its value has %d numbers: must have one",
				len(t.values))
		}
		value = t.values[0]
	}

	return tensor{shape: shape, values: slices.Repeat([]float64{value}, size)}, nil
}

// bounded clamps an index to the range from 0 to n. A negative index counts from the end; NaN
// becomes 0.
func bounded(v, n float64) float64 {
	if v < 0 {
		v += n
	}
	if math.IsNaN(v) {
		return 0
	}
	return max(0, min(v, n))
}

// shapeTensor returns the result of Shape: the sizes of the axes from start to end, NaN for an
// unknown size.
func shapeTensor(n node, shape []int) tensor {
	dims := float64(len(shape))
	from, to := bounded(n.numberOr("start", 0), dims), bounded(n.numberOr("end", dims), dims)
	var values []float64
	for _, size := range shape[int(min(from, to)):int(to)] {
		v := float64(size)
		if size < 0 {
			v = math.NaN()
		}
		values = append(values, v)
	}
	return tensor{shape: []int{len(values)}, values: values}
}
