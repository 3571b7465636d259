package tracker_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// f(x) = relu(3x₁) + relu(4x₂) has the Lipschitz constant 5: where both units are on, its gradient
// is (3, 4).
func ExampleTracker() {
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 2, []float64{3, 0, 0, 4}), Activation: network.ReLU},
		{Weight: mat.NewDense(1, 2, []float64{1, 1})},
	}}
	points := mat.NewDense(3, 2, []float64{1, -1, -1, 1, 1, 1})
	var metrics []tracker.Scheduled
	for _, name := range []string{"jacobian", series.UpperProduct} {
		m, err := tracker.NewMetric(name, tracker.Options{})
		if err != nil {
			log.Fatal(err)
		}
		metrics = append(metrics, tracker.Scheduled{Metric: m, When: tracker.Every(1)})
	}
	sink := func(epoch, step int, samples ...series.Sample) error {
		for _, s := range samples {
			fmt.Printf("epoch %d: %-13s %.3f %s\n", epoch, s.Metric, float64(s.Value), s.Kind)
		}
		return nil
	}
	t, err := tracker.New(tracker.Probes{X: points}, metrics, sink)
	if err != nil {
		log.Fatal(err)
	}
	if err := t.Track(context.Background(), 0, 0, net, true); err != nil {
		log.Fatal(err)
	}
	// Output:
	// epoch 0: lower_bound   5.000 lower
	// epoch 0: jacobian_mean 4.000 exact
	// epoch 0: jacobian_rms  4.082 exact
	// epoch 0: upper_product 5.657 certified
}

// A schedule that measures 2 epochs in each decade.
func ExampleLogarithmic() {
	due := tracker.Logarithmic(2)
	for epoch := range 1001 {
		if due(epoch) {
			fmt.Print(epoch, " ")
		}
	}
	// Output: 0 1 3 10 32 100 316 1000
}
