package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"liptrack/internal/linalg"
	"liptrack/internal/mlp"
	"liptrack/plots"
	"liptrack/plots/figures"
	"liptrack/tracker"
	"liptrack/tracker/series"
	"liptrack/trainer"
	"liptrack/trainer/dataset"
)

// scaling prints how the cost of a tracked epoch grows with width and with the number of probe
// points, with the fitted exponents, and what running two trainings at once gains, and draws the
// growth to the file chart (SVG or PNG).
func scaling(out io.Writer, seconds float64, chart string) error {
	fmt.Fprintf(out, "%s\n", linalg.UseBLAS(linalg.AutoBLAS))
	growths := []growth{
		{name: "width", title: "One hidden layer, 4,000 points", axis: "hidden units", of: func(w float64) func() error { return tracking(int(w), 4000) }},
		{name: "points", title: "256 hidden units", axis: "probe points", of: func(n float64) func() error { return tracking(256, int(n)) }},
	}
	for w := 16.0; w <= 16384; w *= 4 {
		growths[0].xs = append(growths[0].xs, w)
	}
	for n := 500.0; n <= 64000; n *= 2 {
		growths[1].xs = append(growths[1].xs, n)
	}
	var panels []*plots.Figure
	for i := range growths {
		if err := growths[i].measure(seconds); err != nil {
			return err
		}
		if err := growths[i].print(out); err != nil {
			return err
		}
		panels = append(panels, growths[i].figure())
	}
	gain, err := parallelGain(seconds)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\ntwo trainings of width 256 at once: %.2f times the throughput of one\n", gain)
	return figures.Write(chart, figures.Options{}, panels...)
}

// timing is the fastest of the calls that fill the time, at least three: what the machine can do
// when nothing else runs.
func timing(f func() error, seconds float64) (fastest float64, err error) {
	fastest = math.Inf(1)
	start := time.Now()
	for calls := 0; calls < 3 || time.Since(start).Seconds() < seconds; calls++ {
		begin := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		fastest = min(fastest, time.Since(begin).Seconds())
	}
	return fastest, nil
}

// tracking returns a function that measures a random network of one hidden layer with the default
// metrics.
func tracking(width, points int) func() error {
	r := rand.New(rand.NewPCG(1, 2))
	net := &mlp.Network{Layers: []mlp.Layer{
		{Weight: gaussian(r, width, 40), Activation: mlp.ReLU},
		{Weight: gaussian(r, 10, width)},
	}}
	var metrics []tracker.Scheduled
	opts := tracker.Options{Jacobian: tracker.JacobianOptions{Quantiles: []float64{0.05, 0.25, 0.5, 0.75, 0.95}, Histogram: true}}
	for _, m := range tracker.Metrics {
		if metric, err := tracker.NewMetric(m.Name, opts); err == nil && m.Default {
			metrics = append(metrics, tracker.Scheduled{Metric: metric, When: tracker.Every(1)})
		}
	}
	sink := func(int, int, ...series.Sample) error { return nil }
	t, err := tracker.New(tracker.Probes{X: gaussian(r, points, 40)}, metrics, sink)
	return func() error {
		if err != nil {
			return err
		}
		return t.Track(context.Background(), 1, 0, net, false)
	}
}

func gaussian(r *rand.Rand, rows, cols int) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	m.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() * math.Sqrt(2/float64(cols)) }, m)
	return m
}

// parallelGain is the throughput of two trainings side by side, relative to one.
func parallelGain(seconds float64) (float64, error) {
	data, err := dataset.MNIST1D(dataset.DefaultMNIST1D())
	if err != nil {
		return 0, err
	}
	const epochs = 40
	train := func(seed uint64) error {
		t, err := trainer.New(trainer.Config{
			Hidden: []int{256}, Activation: mlp.ReLU, Init: trainer.Init{Scale: 1},
			Optimizer: trainer.Optimizer{LearningRate: 0.01}, BatchSize: 512, Seed: seed, Stop: trainer.Stop{Epochs: epochs},
		}, data)
		if err != nil {
			return err
		}
		_, err = t.Run(context.Background())
		return err
	}
	one, err := timing(func() error { return train(1) }, seconds)
	if err != nil {
		return 0, err
	}
	two, err := timing(func() error {
		var wg sync.WaitGroup
		var errs [2]error
		for i := range errs {
			wg.Go(func() { errs[i] = train(uint64(i)) })
		}
		wg.Wait()
		return errs[0]
	}, seconds)
	return 2 * one / two, err
}
