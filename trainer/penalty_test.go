package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// jacobianNorm computes ‖J(x)‖₂ of a network from its definition.
func jacobianNorm(net *network.Network, x []float64) float64 {
	pass := network.NewPass[float64](net, 1)
	pass.Forward(x, 1)
	var svd mat.SVD
	svd.Factorize(mat.NewDense(net.Out(), net.In(), slices.Clone(pass.Jacobian(len(net.Layers)))), mat.SVDNone)
	return svd.Values(nil)[0]
}

// The gradient that the penalty adds is the derivative of the largest norm over the training
// points.
func TestPenaltyIsTheDerivative(t *testing.T) {
	const h, tolerance, weight = 1e-6, 1e-8, 0.7
	data := testData(20, 5, 4)
	eachNetwork(t, func(t *testing.T, c Config) {
		if !c.Activation.PiecewiseLinear() || c.Loss != losses.CrossEntropy {
			return
		}
		c.JacobianPenalty = weight
		s := newTestSession[float64](t, c, data)
		largest := func() float64 {
			net, top := s.model.network(), 0.0
			for i := range 20 {
				top = max(top, jacobianNorm(net, data.Train.X.RawRowView(i)))
			}
			return top
		}

		s.mark()
		s.penalty.addGradient(1)
		for i, g := range s.model.grad {
			old := s.model.params[i]
			s.model.params[i] = old + h
			up := largest()
			s.model.params[i] = old - h
			down := largest()
			s.model.params[i] = old
			checkNear(t, fmt.Sprint("derivative by parameter ", i), g, weight*(up-down)/(2*h), tolerance)
		}
	})
}

// The point is found with the weights with which the epoch began, but the gradient is taken at the
// current weights.
func TestPenaltyKeepsItsPointForAnEpoch(t *testing.T) {
	c := testConfig()
	c.JacobianPenalty, c.Hidden, c.Optimizer.LearningRate = 0.5, []int{8, 6}, 0.5
	data := testData(50, 5, 4)
	s := newTestSession[float32](t, c, data)
	points := map[int]bool{}

	for epoch := 1; epoch <= 20; epoch++ {
		s.mark()
		net := s.model.network()
		for i := range 4 {
			if _, err := s.update(epoch, i, 0.5); err != nil {
				t.Fatal(err)
			}
			chosen, top := jacobianNorm(net, data.Train.X.RawRowView(s.penalty.index)), 0.0
			for j := range 50 {
				top = max(top, jacobianNorm(net, data.Train.X.RawRowView(j)))
			}
			checkNear(t, fmt.Sprintf("norm at the point of epoch %d, batch %d", epoch, i), chosen, top, 1e-5*top)
		}

		points[s.penalty.index] = true
	}
	if len(points) < 2 {
		t.Error("the point never changes")
	}
}

// The penalty lowers the norm that it penalises, and the loss that an update returns does not
// include it.
func TestPenaltyLowersTheNorm(t *testing.T) {
	data := testData(60, 10, 3)
	final := func(weight float64) (lower, firstLoss float64) {
		c := testConfig()
		c.Hidden, c.JacobianPenalty, c.Stop.Epochs = []int{32}, weight, 100
		s := newTestSession[float64](t, c, data)
		firstLoss, err := s.update(1, 0, 1e-9)
		if err != nil {
			t.Fatal(err)
		}
		tr := newTestTrainer(t, c, data)
		tr.OnEpoch("norm", onEpoch(100, func(e *Epoch) {
			for i := range 60 {
				lower = max(lower, jacobianNorm(e.Network(), data.Train.X.RawRowView(i)))
			}
		}))
		run(t, t.Context(), tr)
		return lower, firstLoss
	}

	free, freeLoss := final(0)
	penalised, penalisedLoss := final(0.1)
	if !(penalised < 0.8*free) {
		t.Errorf("largest norm %v with the penalty, %v without", penalised, free)
	}
	if freeLoss != penalisedLoss || math.IsNaN(freeLoss) {
		t.Errorf("loss %v with the penalty, %v without", penalisedLoss, freeLoss)
	}
}

// A constant network has no direction in which the norm falls.
func TestPenaltyOfAConstant(t *testing.T) {
	c := testConfig()
	c.JacobianPenalty = 1
	s := newTestSession[float64](t, c, testData(20, 5, 4))
	clear(s.model.params)
	s.mark()
	s.penalty.addGradient(1)
	for i, g := range s.model.grad {
		if g != 0 {
			t.Fatalf("gradient %v by parameter %d", g, i)
		}
	}
}
