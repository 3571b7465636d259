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

// f(x) = relu(3x₁) + relu(4x₂) has the Lipschitz constant 5, since its gradient is (3, 4) where
// both units are on.
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

	t, err := tracker.New(tracker.Probes{X: points}, metrics)
	if err != nil {
		log.Fatal(err)
	}

	samples, err := t.Track(context.Background(), 0, net, true)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range samples {
		fmt.Printf("%-13s %.3f %s\n", s.Metric, float64(s.Value), s.Kind)
	}
	// Output:
	// lower_bound   5.000 lower
	// jacobian_mean 4.000 exact
	// jacobian_rms  4.082 exact
	// upper_product 5.657 certified
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
