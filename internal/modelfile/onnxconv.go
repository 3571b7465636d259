package modelfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// planesOf returns the shape of the current points as channels of planes. A signal has planes of
// height 1.
func (w *walk) planesOf() (conv.Shape, error) {
	// The map of a kernel is built for a fixed size of planes, so all sides must be known here.
	for _, side := range w.point {
		if side < 1 {
			return conv.Shape{}, fmt.Errorf(
				"points of shape %s: the graph must specify the shape of its input, channels and sides",
				shapeString(w.point),
			)
		}
	}

	axes := len(w.point)
	if w.single || axes < 2 || axes > 3 {
		return conv.Shape{}, fmt.Errorf(
			"points of shape %s: must be channels×width or channels×height×width",
			shapeString(w.point),
		)
	}

	planes := conv.Shape{
		Channels: w.point[0],
		Height:   1,
		Width:    w.point[axes-1],
	}
	if axes == 3 {
		planes.Height = w.point[1]
	}

	return planes, nil
}

// pointOf returns the shape s with the same number of axes as the current points.
func (w *walk) pointOf(s conv.Shape) []int {
	if len(w.point) == 2 {
		return []int{s.Channels, s.Width}
	}
	return []int{s.Channels, s.Height, s.Width}
}

// window reads the attributes of a window that slides over planes.
//
// If the paddings at the two ends of an axis differ and padding is with zeros, it adds the padding
// as a separate layer.
func (w *walk) window(n node, size []int, zeros bool) (conv.Window, error) {
	window := conv.Window{}
	axes := len(w.point) - 1
	if len(size) != axes {
		return window, fmt.Errorf(
			"a window with %d sides on points of shape %s",
			len(size),
			shapeString(w.point),
		)
	}

	strides, err := n.sides("strides", axes, 1)
	if err != nil {
		return window, err
	}

	dilations, err := n.sides("dilations", axes, 1)
	if err != nil {
		return window, err
	}

	pads, err := w.pads(n, size, strides, dilations)
	if err != nil {
		return window, err
	}

	pads, err = w.padUnevenly(pads, zeros)
	if err != nil {
		return window, err
	}

	window.Size, window.Stride = [2]int{1, 1}, [2]int{1, 1}
	// Windows have two sides; for a signal the first one has length 1.
	for i := range axes {
		axis := 2 - axes + i // a signal has only the width
		window.Size[axis], window.Stride[axis] = size[i], strides[i]
		window.Pad[axis], window.Dilation[axis] = pads[i], dilations[i]
	}

	return window, nil
}

// sides returns an attribute that has a positive number for each axis; if it is missing, all are
// byDefault.
func (n node) sides(attribute string, axes, byDefault int) ([]int, error) {
	numbers := n.attributes[attribute].numbers
	if len(numbers) == 0 {
		return slices.Repeat([]int{byDefault}, axes), nil
	}

	if len(numbers) != axes {
		return nil, fmt.Errorf("%s %v: must be %d numbers", attribute, numbers, axes)
	}

	sides := make([]int, axes)
	for i, v := range numbers {
		if !(v >= 1 && v <= maxSide) {
			return nil, fmt.Errorf("%s %v: must be from 1 to %d", attribute, numbers, maxSide)
		}
		sides[i] = int(v)
	}

	return sides, nil
}

// maxSide is the maximum length of a side of a window.
const maxSide = 1 << 16

// pads returns the paddings at the beginnings of all axes, followed by those at their ends.
func (w *walk) pads(n node, size, strides, dilations []int) ([]int, error) {
	axes := len(size)
	pads := make([]int, 2*axes)

	switch auto := n.attributes["auto_pad"].text; auto {
	case "", "NOTSET":
		numbers := n.attributes["pads"].numbers
		if numbers != nil && len(numbers) != 2*axes {
			return nil, fmt.Errorf("pads %v: must be %d numbers", numbers, 2*axes)
		}
		for i, v := range numbers {
			if !(v >= 0 && v <= maxSide) {
				return nil, fmt.Errorf("pads %v: must be from 0 to %d", numbers, maxSide)
			}
			pads[i] = int(v)
		}
	case "VALID":
	case "SAME_UPPER", "SAME_LOWER":
		// SAME gives ⌈side/stride⌉ outputs; the padding this needs is split between both ends.
		for i := range axes {
			side := w.point[1+i]
			out := (side + strides[i] - 1) / strides[i]
			all := max((out-1)*strides[i]+(size[i]-1)*dilations[i]+1-side, 0)
			pads[i], pads[axes+i] = all/2, all-all/2
		}
	default:
		return nil, fmt.Errorf("auto_pad %q: not supported", auto)
	}

	return pads, nil
}

// padUnevenly returns the padding that the node itself applies. If the two ends of an axis differ,
// it adds all padding as a separate layer before the node, and none is left.
func (w *walk) padUnevenly(pads []int, zeros bool) ([]int, error) {
	axes := len(pads) / 2
	if slices.Equal(pads[:axes], pads[axes:]) {
		return pads[:axes], nil
	}

	// A max pool pads with −∞, which is not a linear map.
	if !zeros {
		return nil, fmt.Errorf(
			"paddings %v differ at the two ends of an axis: not supported in this pool",
			pads,
		)
	}

	return make([]int, axes), w.addPadding(pads)
}

// pad adds a padding with zeros.
func (w *walk) pad(n node) error {
	mode := n.attributes["mode"].text
	if mode != "" && mode != "constant" {
		return fmt.Errorf("mode %q: must be constant", mode)
	}

	numbers := n.attributes["pads"].numbers
	// Before opset 11 the paddings and the value were attributes; since then they are operands.
	value := n.numberOr("value", 0)
	if len(n.inputs) > 1 {
		t, err := w.operand(n, 1)
		if err != nil {
			return err
		}
		numbers = t.values
	}
	if len(n.inputs) > 2 && n.inputs[2] != "" {
		t, err := w.operand(n, 2)
		if err != nil {
			return err
		}
		value = entry(t.values, 0, 0)
	}

	// The paddings cover all axes, including batch and channels.
	rank := len(w.point) + 1
	switch {
	case value != 0:
		return fmt.Errorf("padding with %v: must be with 0", value)
	case len(n.inputs) > 3:
		return errors.New("its operand axes is not supported")
	case w.single || len(numbers) != 2*rank:
		return fmt.Errorf(
			"pads %v for points of shape %s: must be two for each axis",
			numbers,
			shapeString(w.point),
		)
	}

	var pads []int
	for i, v := range numbers {
		axis := i % rank
		if axis < 2 && v != 0 || !(v >= 0 && v <= maxSide) {
			return fmt.Errorf(
				"pads %v: must be from 0 to %d, and 0 for the batch and the channels",
				numbers,
				maxSide,
			)
		}
		if i%rank >= 2 {
			pads = append(pads, int(v))
		}
	}

	return w.addPadding(pads)
}

// addPadding adds a layer that pads planes with zeros: pads has the numbers for the beginnings of
// all axes, followed by those for their ends. If all are 0, it adds none.
func (w *walk) addPadding(pads []int) error {
	in, err := w.planesOf()
	if err != nil {
		return err
	}

	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return nil
	}

	axes := len(pads) / 2
	top, bottom := 0, 0
	if axes == 2 {
		top, bottom = pads[0], pads[axes]
	}
	left, right := pads[axes-1], pads[2*axes-1]

	out := conv.Shape{
		Channels: in.Channels,
		Height:   in.Height + top + bottom,
		Width:    in.Width + left + right,
	}
	err = w.takeOutputs(out)
	if err != nil {
		return err
	}

	// A padding is a linear map: every output is an input or 0.
	padded := network.Sparse{
		In:     in.Size(),
		Inputs: make([][]int32, out.Size()),
		Values: make([]float64, out.Size()),
	}
	for i := range padded.Inputs {
		padded.Values[i] = 1
	}
	for i := range in.Size() {
		channel, y, x := i/in.Plane(), i%in.Plane()/in.Width, i%in.Width
		padded.Inputs[(channel*out.Height+y+top)*out.Width+x+left] = []int32{int32(i)}
	}

	return w.addLayer(layer{name: "padding", other: &network.Layer{Map: padded}}, w.pointOf(out))
}

// conv adds a convolution. A grouped convolution becomes an ungrouped one with zeros as the other
// weights.
func (w *walk) conv(n node) error {
	if _, err := w.planesOf(); err != nil {
		return err
	}

	t, err := w.finiteOperand(n, 1)
	if err != nil {
		return err
	}

	if len(t.shape) != len(w.point)+1 || len(t.values) == 0 {
		return fmt.Errorf(
			"%q has shape %s: a kernel for points of shape %s must have %d axes, none empty",
			t.name,
			shapeString(t.shape),
			shapeString(w.point),
			len(w.point)+1,
		)
	}

	if size := n.attributes["kernel_shape"].numbers; size != nil &&
		!sameNumbers(size, t.shape[2:]) {
		return fmt.Errorf(
			"kernel_shape %v, but %q has shape %s",
			size,
			t.name,
			shapeString(t.shape),
		)
	}

	// Reading the window may add a padding before the convolution, after which the planes are
	// larger.
	window, err := w.window(n, t.shape[2:], true)
	if err != nil {
		return err
	}

	in, err := w.planesOf()
	if err != nil {
		return err
	}

	outs, groups := t.shape[0], int(n.numberOr("group", 1))
	if groups < 1 || outs%groups != 0 || in.Channels != groups*t.shape[1] {
		return fmt.Errorf("%q (%s) in %d groups does not take points of shape %s",
			t.name, shapeString(t.shape), groups, shapeString(w.point))
	}

	shape, err := conv.NewConv(in, outs, window)
	if err != nil {
		return err
	}

	err = w.weights.Take(shape.Kernel())
	if err != nil {
		return err
	}

	err = w.takeOutputs(shape.Out())
	if err != nil {
		return err
	}

	// Memory was counted before the layer is made, since the shape is only a claim of the file.
	l := layer{name: t.name}
	made := network.NewConvLayer(shape, ungrouped(t, groups), nil, network.Identity)
	l.other = &made
	if err := w.addLayer(l, w.pointOf(shape.Out())); err != nil {
		return err
	}

	if len(n.inputs) < 3 || n.inputs[2] == "" {
		return nil
	}

	// A bias is a shift of the layer's outputs, with one number for each channel.
	bias, err := w.perChannel(n, 2)
	if err == nil {
		w.scaleValues(affine{shift: bias})
	}

	return err
}

// ungrouped returns the kernel over all channels that is equivalent to the grouped kernel t.
func ungrouped(t tensor, groups int) []float64 {
	if groups == 1 {
		return slices.Clone(t.values)
	}

	// Output o depends only on the channels of its group; all other weights stay 0.
	outs, ins := t.shape[0], t.shape[1]
	window := len(t.values) / (outs * ins)
	kernel := make([]float64, len(t.values)*groups)
	for o := range outs {
		group := o / (outs / groups)
		copy(kernel[(o*groups+group)*ins*window:], t.values[o*ins*window:(o+1)*ins*window])
	}

	return kernel
}

func sameNumbers(a []float64, b []int) bool {
	return slices.EqualFunc(a, b, func(x float64, y int) bool {
		return x == float64(y)
	})
}

// takeOutputs counts the outputs of a layer, so that huge planes are refused before memory runs
// out.
func (w *walk) takeOutputs(s conv.Shape) error {
	n, ok := input.Elements([]int{s.Channels, s.Height, s.Width})
	if !ok || n > maxEntries {
		return fmt.Errorf("planes of shape %v: must be at most %d numbers", s, maxEntries)
	}
	return w.weights.Take(n)
}

// grid returns the windows of a pool on the current planes. zeros is set if the pool pads with
// zeros.
func (w *walk) grid(n node, zeros bool) (conv.Grid, error) {
	if _, err := w.planesOf(); err != nil {
		return conv.Grid{}, err
	}

	size, err := n.sides("kernel_shape", len(w.point)-1, 0)
	if err != nil {
		return conv.Grid{}, err
	}

	if n.attributes["kernel_shape"].numbers == nil {
		return conv.Grid{}, errors.New("it has no kernel_shape")
	}

	window, err := w.window(n, size, zeros)
	if err != nil {
		return conv.Grid{}, err
	}

	in, err := w.planesOf()
	if err != nil {
		return conv.Grid{}, err
	}

	g, err := conv.NewPool(in, window)
	if err != nil {
		return conv.Grid{}, err
	}

	if n.numberOr("ceil_mode", 0) != 0 && !g.IsExact() {
		return conv.Grid{}, errors.New(
			"ceil_mode 1: windows that extend past the end are not supported",
		)
	}

	// The layer stores the indices of all windows.
	numbers := g.WindowNumbers()
	if numbers > input.MaxElements {
		return conv.Grid{}, fmt.Errorf(
			"its windows cover %.3g numbers: must be at most %d",
			numbers,
			input.MaxElements,
		)
	}
	err = w.weights.Take(int(numbers))
	if err != nil {
		return conv.Grid{}, err
	}

	return g, w.takeOutputs(g.Pooled())
}

func (w *walk) maxPool(n node) error {
	if len(n.outputs) > 1 && n.outputs[1] != "" {
		return errors.New("its indices are used")
	}
	g, err := w.grid(n, false)
	if err != nil {
		return err
	}
	return w.addPool(n, g, true, false)
}

func (w *walk) averagePool(n node) error {
	// Zeros that count in the mean are like other inputs, so they may be a separate layer.
	counted := n.numberOr("count_include_pad", 0) != 0
	g, err := w.grid(n, counted)
	if err != nil {
		return err
	}
	return w.addPool(n, g, false, counted)
}

func (w *walk) globalMaxPool(n node) error {
	return w.poolAll(n, true)
}

func (w *walk) globalAveragePool(n node) error {
	return w.poolAll(n, false)
}

// poolAll pools whole planes.
func (w *walk) poolAll(n node, largest bool) error {
	in, err := w.planesOf()
	if err != nil {
		return err
	}

	g, err := conv.NewPool(
		in,
		conv.Window{Size: [2]int{in.Height, in.Width}, Stride: [2]int{1, 1}},
	)
	if err != nil {
		return err
	}

	return w.addPool(n, g, largest, false)
}

// addPool adds a pool, of maxima if largest is set, else of means. counted is set if the means
// include the padding.
func (w *walk) addPool(n node, g conv.Grid, largest, counted bool) error {
	l := layer{name: cmp.Or(n.name, n.operator)}
	if largest {
		l.other = &network.Layer{Pool: network.NewMaxPool(g)}
	} else {
		l.other = &network.Layer{Map: network.NewAvgPool(g, counted)}
	}
	return w.addLayer(l, w.pointOf(g.Pooled()))
}

// reduceMean adds a mean over all sides of the planes, as which exporters write a global pool.
func (w *walk) reduceMean(n node) error {
	axes, err := w.axes(n)
	if err != nil {
		return err
	}

	// Axis 0 is the batch, axis 1 the channels.
	want := []int{2, 3}[:max(min(len(w.point)-1, 2), 0)]
	if w.single || !slices.Equal(axes, want) || len(want) == 0 {
		return fmt.Errorf("axes %v: must be all sides of the planes", axes)
	}

	err = w.poolAll(n, false)
	if err == nil && n.numberOr("keepdims", 1) == 0 {
		w.point = w.point[:1]
	}

	return err
}

// squeeze removes axes of length 1, and unsqueeze adds some. The numbers of a point keep their
// order.
func (w *walk) squeeze(n node) error {
	var kept []int
	for _, side := range w.point {
		if side != 1 {
			kept = append(kept, side)
		}
	}

	axes, err := w.axes(n)
	if err != nil {
		return err
	}

	if w.single || len(axes) > 0 && len(axes) != len(w.point)-len(kept) {
		return fmt.Errorf(
			"axes %v of points of shape %s: must be all those of length 1",
			axes,
			shapeString(w.point),
		)
	}

	if len(axes) == 0 || len(kept) == 0 {
		return errors.New("it must specify the axes, and leave at least one in addition to the batch")
	}

	for _, axis := range axes {
		if axis < 1 || axis > len(w.point) || w.point[axis-1] != 1 {
			return fmt.Errorf(
				"axis %d of points of shape %s: must have the length 1",
				axis,
				shapeString(w.point),
			)
		}
	}

	w.point = kept

	return nil
}

func (w *walk) unsqueeze(n node) error {
	axes, err := w.axes(n)
	if err != nil {
		return err
	}

	for _, axis := range axes {
		if w.single || axis < 1 || axis > len(w.point)+1 {
			return fmt.Errorf("axis %d of points of shape %s: must come after the batch",
				axis, shapeString(w.point))
		}
		w.point = slices.Insert(slices.Clone(w.point), axis-1, 1)
	}

	return nil
}

// axes returns the axes of a node in ascending order. Negative axes, which count from the end, are
// converted.
func (w *walk) axes(n node) ([]int, error) {
	// Before opset 13 the axes were an attribute; since then they are an operand.
	numbers := n.attributes["axes"].numbers
	if len(n.inputs) > 1 && n.inputs[1] != "" {
		t, err := w.operand(n, 1)
		if err != nil {
			return nil, err
		}
		numbers = t.values
	}

	// The axes of Unsqueeze refer to its result.
	rank := len(w.point) + 1
	if n.operator == "Unsqueeze" {
		rank += len(numbers)
	}

	var axes []int
	for _, v := range numbers {
		axis, err := axisOf(v, rank)
		if err != nil {
			return nil, fmt.Errorf("axes %v of %d: out of range", numbers, rank)
		}
		axes = append(axes, axis)
	}

	slices.Sort(axes)

	return axes, nil
}
