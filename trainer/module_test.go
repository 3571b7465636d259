package trainer

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// convolutional returns configurations with every kind of layer, each with the shape of its points.
func convolutional() map[string]struct {
	shape  [3]int
	layers []LayerSpec
} {
	none, gelu := network.Identity, mustActivation("gelu")
	convLayer := func(units int, w conv.Window) LayerSpec { return LayerSpec{Kind: ConvLayer, Units: units, Window: w} }
	pool := func(k LayerKind, w conv.Window) LayerSpec { return LayerSpec{Kind: k, Window: w} }
	smooth := convLayer(3, conv.Square(3, 2, 1))
	smooth.Activation = &gelu
	linear := LayerSpec{Kind: DenseLayer, Units: 12, Activation: &none}
	linearConv := convLayer(2, conv.Square(3, 1, 1))
	linearConv.Activation = &none

	return map[string]struct {
		shape  [3]int
		layers []LayerSpec
	}{
		"signals": {[3]int{1, 1, 20}, []LayerSpec{convLayer(3, conv.Line(5, 2, 1)), convLayer(2, conv.Line(3, 2, 1))}},
		"pictures": {[3]int{2, 6, 5}, []LayerSpec{
			smooth, pool(MaxPoolLayer, conv.Square(2, 1, 0)), convLayer(2, conv.Square(2, 1, 1)),
			{Kind: MaxPoolLayer, Global: true}, {Kind: FlattenLayer}, {Kind: DenseLayer, Units: 5},
		}},
		"averages":   {[3]int{1, 4, 4}, []LayerSpec{pool(AvgPoolLayer, conv.Square(2, 2, 1)), convLayer(2, conv.Square(2, 1, 0))}},
		"first pool": {[3]int{1, 4, 4}, []LayerSpec{pool(MaxPoolLayer, conv.Square(3, 1, 1)), {Kind: DenseLayer, Units: 4}}},
		"residual": {[3]int{1, 1, 12}, []LayerSpec{
			{Kind: ResidualLayer, Body: []LayerSpec{{Kind: DenseLayer, Units: 12}}},
			{Kind: ResidualLayer, Body: []LayerSpec{{Kind: DenseLayer, Units: 7}, linear}, Activation: &gelu},
		}},
		"residual pictures": {[3]int{2, 4, 4}, []LayerSpec{
			{Kind: ResidualLayer, Body: []LayerSpec{convLayer(3, conv.Square(3, 1, 1)), linearConv}},
			{Kind: ResidualLayer, Body: []LayerSpec{pool(MaxPoolLayer, conv.Square(3, 1, 1)), linearConv}},
		}},
		"residual in residual": {[3]int{2, 4, 4}, []LayerSpec{
			{Kind: ResidualLayer, Activation: &gelu, Body: []LayerSpec{
				{Kind: ResidualLayer, Body: []LayerSpec{pool(AvgPoolLayer, conv.Square(3, 1, 1)), linearConv}},
				convLayer(3, conv.Square(3, 1, 1)),
				{Kind: ResidualLayer, Activation: &gelu, Body: []LayerSpec{convLayer(3, conv.Square(3, 1, 1))}},
				linearConv,
			}},
		}},
	}
}

func mustActivation(name string) network.Activation {
	a, err := network.ParseActivation(name, 0)
	if err != nil {
		panic(err)
	}
	return a
}

// shapedData returns random points of a shape.
func shapedData(n int, shape [3]int, classes int) *dataset.Dataset {
	d := testData(n, shapeOf(shape).Size(), classes)
	d.Shape = shape
	return d
}

// The gradient of every kind of layer is the derivative of the loss, and the loss equals the loss
// of the measured network. The full gradient of the evaluation equals the gradient of one batch
// with all points.
func TestConvolutionalGradients(t *testing.T) {
	for name, test := range convolutional() {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.Layers, c.Float64, c.BatchSize, c.Bias = test.layers, true, 17, true
			c.Activation = network.LeakyReLU(0.1)
			s := newTestSession[float64](t, c, shapedData(17, test.shape, 3))

			b := s.batches.batch(1, 0)
			loss, err := s.graphs[17].runBatch(b.x, b.y)
			if err != nil {
				t.Fatal(err)
			}
			checkNear(t, "loss", loss, measuredLoss(s, b), 1e-12)
			e := s.evaluate()
			checkNear(t, "loss of evaluation", e.TrainLoss, loss, 1e-12)
			checkClose(t, "gradient of evaluation", scaled(s.evaluator.grad, 1./17), s.model.grad, 1e-12)

			const h = 1e-6
			for i := range s.model.params {
				at := func(shift float64) float64 {
					old := s.model.params[i]
					defer func() { s.model.params[i] = old }()
					s.model.params[i] += shift
					return measuredLoss(s, b)
				}
				checkNear(t, fmt.Sprint("derivative ", i), s.model.grad[i], (at(h)-at(-h))/(2*h), 1e-7)
			}
		})
	}
}

func scaled(v []float64, by float64) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = by * x
	}
	return w
}

// measuredLoss computes the mean loss of a batch with the network that hooks see.
func measuredLoss(s *session[float64], b batch[float64]) float64 {
	x, y := b.x.Data().([]float64), b.y.Data().([]float64)
	out := network.NewPass[float64](s.model.network(), b.rows).Forward(x, b.rows)
	k := len(out) / b.rows
	var total float64
	for r := range b.rows {
		total += naivePointLoss(s.config.Loss, out[r*k:(r+1)*k], y[r*k:(r+1)*k])
	}
	return total / float64(b.rows)
}

// The gradients of losses with respect to the points, which adversarial training uses, are
// derivatives too.
func TestInputGradients(t *testing.T) {
	for name, test := range convolutional() {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.Layers, c.Float64, c.BatchSize = test.layers, true, 5
			c.Activation = network.LeakyReLU(0.1)
			s := newTestSession[float64](t, c, shapedData(5, test.shape, 3))
			b := s.batches.batch(1, 0)
			x := b.x.Data().([]float64)
			grad := s.evaluator.inputGradient(x, b.y.Data().([]float64), 5)

			const h = 1e-6
			for i := range x {
				old := x[i]
				x[i] = old + h
				above := measuredLoss(s, b)
				x[i] = old - h
				below := measuredLoss(s, b)
				x[i] = old
				checkNear(t, fmt.Sprint("derivative ", i), grad[i]/5, (above-below)/(2*h), 1e-7)
			}
		})
	}
}

// The results equal those of Gorgonia's own convolution and pool, where these are correct: square
// windows, the same padding on all sides, no overlap.
func TestConvolutionIsStockGorgonias(t *testing.T) {
	const rows = 6
	c := testConfig()
	c.Float64, c.BatchSize, c.Activation, c.Bias, c.Loss = true, rows, network.ReLU, false, losses.MSE
	c.Layers = []LayerSpec{
		{Kind: ConvLayer, Units: 3, Window: conv.Square(3, 1, 1)},
		{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)},
	}
	s := newTestSession[float64](t, c, shapedData(rows, [3]int{2, 6, 6}, 4))
	b := s.batches.batch(1, 0)
	loss, err := s.graphs[rows].runBatch(b.x, b.y)
	if err != nil {
		t.Fatal(err)
	}

	g := G.NewGraph()
	leaf := func(name string, data []float64, shape ...int) *G.Node {
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), data...)))
		return G.NewTensor(g, G.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
	}
	kernel := leaf("k", s.model.layers[0].params(), 3, 2, 3, 3)
	last := s.model.layers[2].(*layer[float64])
	w := leaf("w", transposed(last.weight(), last.out, last.in), last.in, last.out)
	x, y := leaf("x", b.x.Data().([]float64), rows, 2, 6, 6), leaf("y", b.y.Data().([]float64), rows, 4)
	planes := G.Must(G.Rectify(G.Must(G.Conv2d(x, kernel, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))))
	pooled := G.Must(G.Reshape(G.Must(G.MaxPool2D(planes, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2})), tensor.Shape{rows, 27}))
	mean := stockLoss(losses.MSE, G.Must(G.Mul(pooled, w)), y)
	var read G.Value
	G.Read(mean, &read)
	grads, err := G.Grad(mean, kernel, w)
	if err != nil {
		t.Fatal(err)
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}

	checkNear(t, "loss", loss, read.Data().(float64), 1e-12)
	checkClose(t, "kernel", s.model.gradOf(0), grads[0].Value().Data().([]float64), 1e-12)
	checkClose(t, "weight", s.model.gradOf(2), transposed(grads[1].Value().Data().([]float64), 27, 4), 1e-12)
}

// Results do not depend on which processor computes the halves of a batch, and the names are
// PyTorch's.
func TestConvolutionalRunsRepeat(t *testing.T) {
	c := testConfig()
	c.Layers = []LayerSpec{
		{Kind: ConvLayer, Units: 16, Window: conv.Square(3, 1, 1)},
		{Kind: MaxPoolLayer, Window: conv.Square(1, 1, 0)},
		{Kind: ConvLayer, Units: 16, Window: conv.Square(3, 1, 1)},
		{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)},
		{Kind: FlattenLayer},
	}
	c.BatchSize, c.Stop.Epochs, c.Dropout = 32, 2, 0.2
	data := shapedData(70, [3]int{1, 8, 8}, 3)
	first, second := newTestTrainer(t, c, data), newTestTrainer(t, c, data)
	run(t, t.Context(), first)
	run(t, t.Context(), second)
	checkSameState(t, first.State(), second.State())

	var names []string
	for _, tensor := range first.State().Tensors {
		names = append(names, fmt.Sprint(tensor.Name, tensor.Shape))
	}
	got := strings.Join(names, " ")
	if want := "layers.0.weight[16 1 3 3] layers.0.bias[16] layers.3.weight[16 16 3 3]"; !strings.HasPrefix(got, want) {
		t.Errorf("tensors %s, want %s …", got, want)
	}
	if !strings.Contains(got, "layers.7.weight[3 256]") {
		t.Errorf("tensors %s: the last layer is not layers.7", got)
	}

	resumed := newTestTrainer(t, c, data)
	run(t, afterUpdates(4), resumed)
	again := newTestTrainer(t, c, data)
	if err := again.Restore(resumed.State()); err != nil {
		t.Fatal(err)
	}
	run(t, t.Context(), again)
	checkSameState(t, again.State(), first.State())
}

func TestLayersThatDoNotFit(t *testing.T) {
	wide := conv.Square(3, 1, 1)
	for words, layers := range map[string][]LayerSpec{
		"layer 1: a window of height 9 over an input of height 6": {{Kind: ConvLayer, Units: 2, Window: conv.Square(9, 1, 0)}},
		"layer 2: a window of height 4 over an input of height 3": {
			{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)}, {Kind: ConvLayer, Units: 1, Window: conv.Square(4, 1, 0)}},
		"layer 1: a dense layer of 0 units":      {{Kind: DenseLayer}},
		"layer 1: a convolution with 0 channels": {{Kind: ConvLayer, Window: wide}},
		"layer 1: a residual layer with input shape 1×6×6 and output shape 2×6×6: must be equal": {
			{Kind: ResidualLayer, Body: []LayerSpec{{Kind: ConvLayer, Units: 2, Window: wide}}}},
		"layer 2: a convolution over a flat vector of 4 numbers: must not follow a dense layer or flatten": {
			{Kind: DenseLayer, Units: 4}, {Kind: ConvLayer, Units: 2, Window: wide}},
		"layer 2: residual layer, layer 1: a pool over a flat vector of 36 numbers": {
			{Kind: FlattenLayer}, {Kind: ResidualLayer, Body: []LayerSpec{{Kind: AvgPoolLayer, Window: wide}}}},
		"layer 1: a residual layer without layers": {{Kind: ResidualLayer}},
		"GiB for the values of 2 layers":           {{Kind: ConvLayer, Units: 100_000_000, Window: wide}},
		"layer 2: it has 1.21e+11 outputs and 1e+36 weights: must be at most 1.1e+12 of each": {
			{Kind: ConvLayer, Units: 1e9, Window: conv.Square(1, 1, 0)}, {Kind: ConvLayer, Units: 1e9, Window: conv.Square(1e9, 1, 5e8+2)}},
		"a residual layer nested in 16 others": {nestedResiduals(17)},
	} {
		c := testConfig()
		c.Layers = layers
		_, err := New(c, shapedData(20, [3]int{1, 6, 6}, 2))
		checkError(t, err, words)
	}

	c := testConfig()
	c.Layers, c.Constraint, c.JacobianPenalty = []LayerSpec{{Kind: ConvLayer, Units: 2, Window: wide}}, 3, 1
	_, err := New(c, shapedData(20, [3]int{1, 6, 6}, 2))
	checkError(t, err, "train.constraint: 3 works only with dense layers", "train.jacobian_penalty: 1 works only with dense layers")
}

// nestedResiduals returns residual layers nested depth deep.
func nestedResiduals(depth int) LayerSpec {
	body := LayerSpec{Kind: ConvLayer, Units: 1, Window: conv.Square(3, 1, 1)}
	for range depth {
		body = LayerSpec{Kind: ResidualLayer, Body: []LayerSpec{body}}
	}
	return body
}

// A NaN in a pool makes a run diverge and does not panic.
func TestNaNInAPool(t *testing.T) {
	c := testConfig()
	c.Layers = []LayerSpec{{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)}}
	data := shapedData(20, [3]int{1, 4, 4}, 2)
	for i := range 4 {
		data.Train.X.Set(3, i, math.NaN())
	}
	tr := newTestTrainer(t, c, data)
	if r := run(t, t.Context(), tr); r.Status != Diverged {
		t.Errorf("a run over NaNs is %s", r.Status)
	}
}
