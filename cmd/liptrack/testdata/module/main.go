// Command own is a program of another module that trains with package trainer and tracks with
// package tracker.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

func main() {
	// Two features; the class says on which side of a line a point lies.
	const points = 60
	random := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(points, 2, nil)
	labels := make([]int, points)
	for i := range labels {
		a, b := random.NormFloat64(), random.NormFloat64()
		x.SetRow(i, []float64{a, b})
		if a > b {
			labels[i] = 1
		}
	}
	split := dataset.Split{X: x, Labels: labels}
	data := &dataset.Dataset{Name: "sides", Classes: 2, Train: split, Test: split}

	training, err := trainer.New(trainer.Config{
		Hidden:     []int{8},
		Activation: network.ReLU,
		Init:       trainer.Init{Scheme: trainer.HeInit, Scale: 1},
		Optimizer:  trainer.Optimizer{Kind: trainer.SGD, LearningRate: 0.1},
		BatchSize:  20,
		Seed:       42,
		Stop:       trainer.Stop{Epochs: 5},
	}, data)
	if err != nil {
		log.Fatal(err)
	}

	var metrics []tracker.Scheduled
	for _, name := range []string{"jacobian", series.UpperProduct} {
		metric, err := tracker.NewMetric(name, tracker.Options{})
		if err != nil {
			log.Fatal(err)
		}
		metrics = append(metrics, tracker.Scheduled{Metric: metric, When: tracker.Every(5)})
	}
	track, err := tracker.New(tracker.Probes{X: x}, metrics)
	if err != nil {
		log.Fatal(err)
	}

	training.OnEpoch("track", func(ctx context.Context, e *trainer.Epoch) error {
		samples, err := track.Track(ctx, e.Index, e.Network(), e.Last)
		if err != nil {
			return err
		}

		// Print every sample of the two bounds.
		for _, s := range samples {
			if s.Metric == series.LowerBound || s.Metric == series.UpperProduct {
				fmt.Printf("epoch %d %s %.3f\n", e.Index, s.Metric, s.Value)
			}
		}
		return nil
	})
	if _, err := training.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
