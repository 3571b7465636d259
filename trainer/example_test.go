package trainer_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// Your own Gorgonia model, trained by your own loop, can be tracked without package trainer. The
// series is written to a file, which liptrack report draws.
func Example_ownModelAndLoop() {
	// The exclusive or of two bits. The third input is constant, so no biases are needed.
	inputs := []float64{0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1}
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float64, G.WithShape(4, 3), G.WithValue(tensor.New(tensor.WithShape(4, 3), tensor.WithBacking(inputs))))
	y := G.NewMatrix(g, G.Float64, G.WithShape(4, 1), G.WithValue(tensor.New(tensor.WithShape(4, 1), tensor.WithBacking([]float64{0, 1, 1, 0}))))
	w1 := parameter(g, 3, 4, 0.8, -0.6, 0.5, 0.3, -0.7, 0.9, 0.4, 0.6, 0.1, 0.2, -0.1, 0.3)
	w2 := parameter(g, 4, 1, 0.7, 0.5, -0.8, 0.2)
	hidden := G.Must(G.Rectify(G.Must(G.Mul(x, w1))))
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(G.Must(G.Mul(hidden, w2)), y))))))
	must(G.Grad(loss, w1, w2))
	machine := G.NewTapeMachine(g, G.BindDualValues(w1, w2))
	defer machine.Close()
	solver := G.NewVanillaSolver(G.WithLearnRate(0.1))

	// Set up tracking: what to measure, where, and where to write it.
	var file bytes.Buffer
	writer := series.NewWriter(&file)
	check(writer.WriteHeader(series.Header{Run: "xor"}))
	lower := must(tracker.NewMetric("jacobian", tracker.Options{}))
	upper := must(tracker.NewMetric(series.UpperProduct, tracker.Options{}))
	metrics := []tracker.Scheduled{{Metric: lower, When: tracker.Every(1)}, {Metric: upper, When: tracker.Every(10)}}
	track := must(tracker.New(tracker.Probes{X: mat.NewDense(4, 3, inputs)}, metrics))

	const epochs = 200
	for epoch := range epochs + 1 {
		if epoch > 0 { // 0 is the network at initialisation
			check(machine.RunAll())
			check(solver.Step(G.NodesToValueGrads(G.Nodes{w1, w2})))
			machine.Reset()
		}
		net := &network.Network{Layers: []network.Layer{{Weight: outIn(w1), Activation: network.ReLU}, {Weight: outIn(w2)}}}
		samples := must(track.Track(context.Background(), epoch, net, epoch == epochs))
		check(writer.Append(epoch, epoch, samples...))
	}
	check(writer.Flush())

	table := must(series.Read(&file))
	for _, epoch := range []int{0, 100, 200} {
		below, _ := table.Curve(series.LowerBound, "").At(epoch)
		above, _ := table.Curve(series.UpperProduct, "").At(epoch)
		fmt.Printf("epoch %3d: the Lipschitz constant is between %.3f and %.3f\n", epoch, below, above)
	}
	// Output:
	// epoch   0: the Lipschitz constant is between 1.308 and 2.171
	// epoch 100: the Lipschitz constant is between 1.077 and 1.662
	// epoch 200: the Lipschitz constant is between 1.075 and 1.657
}

// parameter returns a matrix of the graph with the given values.
func parameter(g *G.ExprGraph, rows, cols int, values ...float64) *G.Node {
	return G.NewMatrix(g, G.Float64, G.WithShape(rows, cols), G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(values))))
}

// outIn returns a copy, out×in, of a weight that Gorgonia stores in×out.
func outIn(w *G.Node) *mat.Dense {
	shape := w.Shape()
	return mat.DenseCopyOf(mat.NewDense(shape[0], shape[1], w.Value().Data().([]float64)).T())
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
