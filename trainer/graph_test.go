package trainer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// stockTolerance is the tolerance for two float64 computations that differ only in the order of a
// few dozen operations.
const stockTolerance = 1e-10

// eachNetwork runs a test for every activation, loss, depth from 1 to 3, with and without
// biases, with and without an output activation.
func eachNetwork(t *testing.T, test func(t *testing.T, c Config)) {
	for _, activation := range everyActivation(t) {
		for _, loss := range everyLoss {
			for depth := 1; depth <= 3; depth++ {
				for variant := range 4 {
					if activation.IsIdentity() && variant&2 != 0 {
						continue
					}

					c := testConfig()
					c.Activation, c.Loss, c.Hidden = activation, loss, []int{7, 6}[:depth-1]
					c.Bias = variant&1 != 0
					if variant&2 != 0 {
						c.Output = activation
					}

					name := fmt.Sprintf("%v/%v/depth %d/bias %t/output %v", activation, loss, depth, c.Bias, c.Output)
					t.Run(name, func(t *testing.T) { test(t, c) })
				}
			}
		}
	}
}

// eachRegularised is eachNetwork with dropout and a temperature.
func eachRegularised(t *testing.T, test func(t *testing.T, c Config)) {
	eachNetwork(t, func(t *testing.T, c Config) {
		c.Dropout, c.Temperature = 0.4, 2.5
		test(t, c)
	})
}

// eachBatch calls visit for each batch of an epoch, with the loss and the gradient of the fused
// graph.
func eachBatch(t *testing.T, s *session[float64], visit func(b batch[float64], loss float64, grad []float64)) {
	t.Helper()
	for i := range s.batches.batchCount() {
		b := s.batches.batch(1, i)
		s.model.dropout.draw(1, i, b.rows)
		loss, err := s.graphs[b.rows].runBatch(b.x, b.y)
		if err != nil {
			t.Fatal(err)
		}
		visit(b, loss, slices.Clone(s.model.grad))
	}
}

func TestFusedGradientIsTheDerivative(t *testing.T) {
	eachNetwork(t, testFusedGradient)
	eachRegularised(t, testFusedGradient)
}

func testFusedGradient(t *testing.T, c Config) {
	const sampled = 8 // parameters of each network
	r := newRand(2)
	s := newTestSession[float64](t, c, testData(20, 5, 4))
	eachBatch(t, s, func(b batch[float64], loss float64, grad []float64) {
		checkNear(t, "loss", loss, naiveLoss(s.model, c.objective(), b), stockTolerance)
		for range sampled {
			checkDerivative(t, s.model, c.objective(), b, grad, r.IntN(len(grad)))
		}
	})
}

// All numbers of rows, inputs and neurons work: one of each, and fewer and more than the vectorised
// sums process at once.
func TestFusedShapes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 33} {
		for _, width := range []int{1, 7, 8, 33} {
			c := testConfig()
			c.Hidden, c.BatchSize, c.Activation = []int{width}, n, network.LeakyReLU(0.1)
			s := newTestSession[float64](t, c, testData(n, 1, 2))
			eachBatch(t, s, func(b batch[float64], loss float64, grad []float64) {
				what := fmt.Sprintf("loss of %d rows, width %d", n, width)
				checkNear(t, what, loss, naiveLoss(s.model, c.objective(), b), stockTolerance)
				for i := range grad {
					checkDerivative(t, s.model, c.objective(), b, grad, i)
				}
			})
		}
	}
}

// checkDerivative compares an entry of a gradient with the central difference of the loss.
func checkDerivative(t *testing.T, m *model[float64], o losses.Objective, b batch[float64], grad []float64, i int) {
	t.Helper()
	const (
		h = 1e-6
		// The difference of two losses of order 1 to 10 is off by about 1e-15/h.
		tolerance = 1e-8
	)

	at := func(shift float64) float64 {
		old := m.params[i]
		defer func() { m.params[i] = old }()
		m.params[i] += shift
		return naiveLoss(m, o, b)
	}

	checkNear(t, fmt.Sprintf("derivative by parameter %d", i), grad[i], (at(h)-at(-h))/(2*h), tolerance)
}

// naiveLoss computes the mean loss of a batch from its definition.
func naiveLoss(m *model[float64], o losses.Objective, b batch[float64]) float64 {
	x, y := b.x.Data().([]float64), b.y.Data().([]float64)
	in, k := len(x)/b.rows, len(y)/b.rows
	var total float64
	for r := range b.rows {
		out := naiveOutput(m, x[r*in:(r+1)*in], m.dropout.row(r))
		floats.Scale(cmp.Or(o.Temperature, 1), out)
		total += naivePointLoss(o.Loss, out, y[r*k:(r+1)*k])
	}
	return total / float64(b.rows)
}

// row returns the mask of each hidden layer for a row of the batch, or nil without dropout.
func (d *dropout[T]) row(r int) (masks [][]T) {
	if d == nil {
		return nil
	}
	for i, width := range d.widths {
		masks = append(masks, d.masks[i][r*width:(r+1)*width])
	}
	return masks
}

// naiveOutput computes the outputs of the network at x, with masks on the values of its first
// layers.
func naiveOutput(m *model[float64], x []float64, masks [][]float64) []float64 {
	for k, l := range m.denseLayers() {
		z := make([]float64, l.out)
		copy(z, l.bias())
		for i := range z {
			for j, v := range x {
				z[i] += l.weight()[i*l.in+j] * v
			}
		}

		network.Apply(l.activation, z, nil)
		if k < len(masks) {
			for i := range z {
				z[i] *= masks[k][i]
			}
		}

		x = z
	}

	return x
}

// naivePointLoss computes the loss of one point. The outputs must be of order 1.
func naivePointLoss(l losses.Loss, out, target []float64) float64 {
	var squares, exps, picked float64
	for j, v := range out {
		squares += (v - target[j]) * (v - target[j])
		exps += math.Exp(v)
		picked += v * target[j]
	}

	switch l {
	case losses.CrossEntropy:
		return math.Log(exps) - picked
	case losses.MSEMean:
		return squares / float64(len(out))
	}

	return squares
}

// The graph in float32 agrees with the graph in float64 up to rounding.
func TestFusedPrecisionsAgree(t *testing.T) {
	const tolerance = 1e-5 // sums of dozens of float32
	data := testData(37, 5, 4)
	data.RoundFloat32()

	eachNetwork(t, func(t *testing.T, c Config) {
		single, double := newTestSession[float32](t, c, data), newTestSession[float64](t, c, data)
		for i := range single.batches.batchCount() {
			a, b := single.batches.batch(1, i), double.batches.batch(1, i)
			loss32, err := single.graphs[a.rows].runBatch(a.x, a.y)
			if err != nil {
				t.Fatal(err)
			}
			loss64, err := double.graphs[b.rows].runBatch(b.x, b.y)
			if err != nil {
				t.Fatal(err)
			}
			checkNear(t, "loss", loss32, loss64, tolerance)
			checkClose(t, "gradient", toFloat64(single.model.grad), double.model.grad, tolerance)
		}
	})
}

// A batch of another size must not train on data left over from an earlier batch.
func TestGraphRejectsAnotherBatchSize(t *testing.T) {
	c := testConfig()
	data := testData(20, 5, 4)
	s := newTestSession[float32](t, c, data)
	last := s.batches.batch(1, 1)
	if last.rows != 4 {
		t.Fatalf("last batch of %d rows", last.rows)
	}
	if _, err := s.graphs[16].runBatch(last.x, last.y); err == nil {
		t.Error("a graph for 16 rows took 4")
	}
}

// Logits of ±10⁴ give finite losses and gradients through the whole graph; here they are known
// exactly.
func TestGraphIsStableAtHugeLogits(t *testing.T) {
	t.Run("float32", testHugeLogits[float32])
	t.Run("float64", testHugeLogits[float64])
}

func testHugeLogits[T linalg.Float](t *testing.T) {
	// A linear model whose logits at (1, 0) and at (0, 1) are the columns of its weight: the
	// second row would overflow if it were shifted by the maximum of the first.
	weight := []T{
		1e4, -2,
		-1e4, -2,
		0, -2,
	}

	for _, test := range []struct {
		labels [2]int
		loss   float64
		grad   [6]float64 // (p − y)/2 of each point in its column
	}{
		{[2]int{0, 0}, math.Log(3) / 2, [6]float64{0, -1. / 3, 0, 1. / 6, 0, 1. / 6}},
		{[2]int{1, 1}, 1e4 + math.Log(3)/2, [6]float64{.5, 1. / 6, -.5, -1. / 3, 0, 1. / 6}},
		{[2]int{2, 0}, 5e3 + math.Log(3)/2, [6]float64{.5, -1. / 3, 0, 1. / 6, -.5, 1. / 6}},
	} {
		data := testData(2, 2, 3)
		data.Train.X.Zero()
		data.Train.X.Set(0, 0, 1)
		data.Train.X.Set(1, 1, 1)
		copy(data.Train.Labels, test.labels[:])
		c := testConfig()
		c.Hidden, c.Bias = nil, false
		s := newTestSession[T](t, c, data)
		copy(s.model.params, weight)
		b := s.batches.batch(1, 0)
		loss, err := s.graphs[b.rows].runBatch(b.x, b.y)
		if err != nil {
			t.Fatal(err)
		}
		// log 3 and ⅓ are rounded once or twice, 10⁴ is exact.
		checkNear(t, fmt.Sprintf("loss with labels %v", test.labels), loss, test.loss, 1e-7)
		checkClose(t, fmt.Sprintf("gradient with labels %v", test.labels), toFloat64(s.model.grad), test.grad[:], 1e-7)
	}
}
