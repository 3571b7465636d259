package trainer

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

func TestFusedEqualsStockGraph(t *testing.T) {
	eachNetwork(t, testFusedEqualsStock)
	eachRegularised(t, testFusedEqualsStock)
}

func testFusedEqualsStock(t *testing.T, c Config) {
	if stockActivations[c.Activation.Name()] == nil {
		t.Skip("Gorgonia has no operation for " + c.Activation.Name())
	}

	s := newTestSession[float64](t, c, testData(37, 5, 4))
	eachBatch(t, s, func(b batch[float64], loss float64, grad []float64) {
		stockLoss, stockGrad := stockGraph(s.model, c.objective(), b)
		checkNear(t, fmt.Sprintf("loss of %d rows", b.rows), loss, stockLoss, stockTolerance)
		checkClose(t, fmt.Sprintf("gradient of %d rows", b.rows), grad, stockGrad, stockTolerance)
	})
}

// stockGraph computes the mean loss of a batch and its gradient, laid out like the model's, with
// Gorgonia's own operations on weights stored in×out.
func stockGraph(m *model[float64], o losses.Objective, b batch[float64]) (mean float64, grad []float64) {
	g := G.NewGraph()
	leaf := func(name string, v *tensor.Dense) *G.Node {
		// Gorgonia treats leaves with the same name and shape as the same leaf.
		return G.NewMatrix(g, G.Float64, G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
	}

	value, target := leaf("x", b.x.Clone().(*tensor.Dense)), leaf("y", b.y.Clone().(*tensor.Dense))
	var params G.Nodes
	for i, l := range m.denseLayers() {
		w := leaf(fmt.Sprint("w", i), viewOf(transposed(l.weight(), l.out, l.in), l.in, l.out).tensor)
		params = append(params, w)
		value = G.Must(G.Mul(value, w))
		if bias := l.bias(); len(bias) > 0 {
			b := leaf(fmt.Sprint("b", i), viewOf(slices.Clone(bias), 1, l.out).tensor)
			params = append(params, b)
			value = G.Must(G.BroadcastAdd(value, b, nil, []byte{0}))
		}

		value = stockActivations[l.activation.Name()](l.activation, value)
		if m.dropout != nil && i < len(m.layers)-1 {
			mask := viewOf(m.dropout.masks[i][:b.rows*l.out], b.rows, l.out)
			value = G.Must(G.HadamardProd(value, leaf(fmt.Sprint("mask", i), mask.tensor)))
		}
	}

	value = G.Must(G.Mul(value, G.NewConstant(cmp.Or(o.Temperature, 1))))
	out := stockLoss(o.Loss, value, target)
	var read G.Value
	G.Read(out, &read)
	grads, err := G.Grad(out, params...)
	if err != nil {
		panic(err)
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		panic(err)
	}
	for _, node := range grads {
		v := node.Value().Data().([]float64)
		if rows, cols := node.Shape()[0], node.Shape()[1]; rows > 1 {
			v = transposed(v, rows, cols)
		}
		grad = append(grad, v...)
	}

	return read.Data().(float64), grad
}

// stockActivations holds Gorgonia's own operations by the names of activations. Gorgonia has no
// error function, which gelu needs.
var stockActivations = map[string]func(a network.Activation, x *G.Node) *G.Node{
	"identity":   func(_ network.Activation, x *G.Node) *G.Node { return x },
	"relu":       func(_ network.Activation, x *G.Node) *G.Node { return G.Must(G.Rectify(x)) },
	"leaky_relu": func(a network.Activation, x *G.Node) *G.Node { return G.Must(G.LeakyRelu(x, a.Slope())) },
	"tanh":       func(_ network.Activation, x *G.Node) *G.Node { return G.Must(G.Tanh(x)) },
	"sigmoid":    func(_ network.Activation, x *G.Node) *G.Node { return G.Must(G.Sigmoid(x)) },
	"silu": func(_ network.Activation, x *G.Node) *G.Node {
		return G.Must(G.HadamardProd(x, G.Must(G.Sigmoid(x))))
	},
	"softplus": func(_ network.Activation, x *G.Node) *G.Node { return G.Must(G.Softplus(x)) },
}

// stockLoss computes cross-entropy as log Σ exp z − z_y, because Gorgonia's SoftMax is wrong. The
// logits of these tests are of order 1.
func stockLoss(l losses.Loss, out, target *G.Node) *G.Node {
	if l == losses.CrossEntropy {
		logSum := G.Must(G.Log(G.Must(G.Sum(G.Must(G.Exp(out)), 1))))
		picked := G.Must(G.Sum(G.Must(G.HadamardProd(out, target)), 1))
		return G.Must(G.Mean(G.Must(G.Sub(logSum, picked))))
	}
	squares := G.Must(G.Square(G.Must(G.Sub(out, target))))
	if l == losses.MSE {
		return G.Must(G.Mean(G.Must(G.Sum(squares, 1))))
	}
	return G.Must(G.Mean(squares))
}

func transposed(a []float64, rows, cols int) []float64 {
	t := make([]float64, len(a))
	for i := range rows {
		for j := range cols {
			t[j*rows+i] = a[i*cols+j]
		}
	}
	return t
}
