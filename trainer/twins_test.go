package trainer

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// twin is a network that testdata/twins.py drew at random and PyTorch 1.13 trained.
type twin struct {
	Name      string
	Shape     [3]int
	Layers    string
	Classes   int
	Seed      uint64
	Bias      bool
	Loss      string
	Optimizer struct {
		Name         string
		LR, Momentum float64
	}
	Batch                               int
	Losses, Gradients, Jacobians, Norms []float64
}

// Random networks of convolutions in one and two dimensions, with strides, paddings, dilations,
// overlapping pools, residual blocks and every activation, have PyTorch's initial parameters, to
// the bit, and make the same updates in float64. After that, their Jacobians and the norms of their
// layers equal the ones that PyTorch computes by differentiation.
func TestRandomNetworksArePyTorchs(t *testing.T) {
	text, err := os.ReadFile("testdata/twins.json")
	if err != nil {
		t.Fatal(err)
	}

	var twins []twin
	err = json.Unmarshal(text, &twins)
	if err != nil {
		t.Fatal(err)
	}

	archive := readArchive(t, "testdata/twins.npz")
	for _, w := range twins {
		t.Run(w.Name, func(t *testing.T) {
			values := func(name string) []float64 { return archive[name+w.Name].Values }
			w.check(t, values("x"), values("y"), values("init"), values("end"))
		})
	}
}

func (w twin) config(t *testing.T) Config {
	t.Helper()
	layers, err := ParseLayersText(w.Layers)
	if err != nil {
		t.Fatal(err)
	}

	c := Config{
		Layers:        layers,
		Bias:          w.Bias,
		Activation:    network.ReLU,
		Init:          Init{TorchInit, 1},
		Loss:          losses.CrossEntropy,
		Optimizer:     Optimizer{Kind: SGD, LearningRate: w.Optimizer.LR, Momentum: w.Optimizer.Momentum},
		BatchSize:     w.Batch,
		FollowUpdates: true,
		Seed:          w.Seed,
		Stop:          Stop{Epochs: 1},
	}

	if w.Loss == "mse" {
		c.Loss = losses.MSE
	}

	if w.Optimizer.Name == "adam" {
		c.Optimizer = Optimizer{
			Kind: Adam, LearningRate: w.Optimizer.LR, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
		}
	}

	return c
}

func (w twin) check(t *testing.T, x, labels, start, end []float64) {
	points := dataset.Split{X: mat.NewDense(len(labels), len(x)/len(labels), x)}
	for _, label := range labels {
		points.Labels = append(points.Labels, int(label))
	}

	d := &dataset.Dataset{Name: "twin", Classes: w.Classes, Shape: w.Shape, Train: points, Test: points}
	c := w.config(t)

	// Parameters are drawn in float32, as by PyTorch, and then trained in float64.
	for i, v := range newTestSession[float32](t, c, d).model.params {
		if float64(v) != start[i] {
			t.Fatalf("parameter %d begins at %v, want %v", i, v, start[i])
		}
	}

	c.Float64 = true
	s := newTestSession[float64](t, c, d)
	copy(s.model.params, start)
	const tolerance = 1e-8
	for u := range w.Losses {
		count := s.updatesPerEpoch()
		loss, err := s.update(1+u/count, u%count, w.Optimizer.LR)
		if err != nil {
			t.Fatal(err)
		}

		_, gradient := s.lastUpdate()
		expectNear(t, "update", u+1, "loss", loss, w.Losses[u], tolerance)
		expectNear(t, "update", u+1, "gradient", gradient, w.Gradients[u], tolerance)
	}

	for i, v := range s.model.params {
		if math.Abs(v-end[i]) > tolerance {
			t.Fatalf("parameter %d ends at %v, want %v", i, v, end[i])
		}
	}

	w.checkMeasures(t, s.network(), x)
}

// checkMeasures compares the Jacobian norms at some points and the norms of the layers.
func (w twin) checkMeasures(t *testing.T, net *network.Network, x []float64) {
	n, outs, ins := len(w.Jacobians), net.Out(), net.In()
	pass := network.NewPass[float64](net, n)
	pass.Forward(x[:n*ins], n)
	jacobian := pass.Jacobian(len(net.Layers))
	for i, want := range w.Jacobians {
		got := linalg.SpectralNorm(mat.NewDense(outs, ins, jacobian[i*outs*ins:][:outs*ins]))
		expectNear(t, "point", i, "Jacobian norm", got, want, 1e-7)
	}

	known, err := bounds.NewWhole(net)
	if err != nil {
		t.Fatal(err)
	}

	// Average pools are linear layers here, but modules without parameters in PyTorch.
	wants := w.Norms
	for i, top := range known.Layers() {
		if net.Layers[i].Pool != nil || len(wants) == 0 || math.Abs(top.Norm/wants[0]-1) > 1e-6 {
			continue
		}
		if top.Upper < wants[0]*(1-1e-9) {
			t.Errorf("layer %d: bound %v, below the norm %v", i+1, top.Upper, wants[0])
		}
		wants = wants[1:]
	}

	if len(wants) > 0 {
		t.Errorf("no layer has the norm %v", wants[0])
	}
}
