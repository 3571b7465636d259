package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/picture"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
	"gonum.org/v1/gonum/mat"
)

// scaling prints how the cost of a tracked epoch grows with the width and with the number of probe
// points, including the fitted exponents, and the gain of running two trainings at once. It draws
// the growth to the file chart (SVG or PNG).
func scaling(out io.Writer, seconds float64, chart string) error {
	fmt.Fprintf(out, "%s\n", linalg.UseBLAS(linalg.AutoBLAS))
	growths := []growth{
		{
			name:  "width",
			title: "One hidden layer, 4,000 points",
			axis:  "hidden units",
			of: func(w float64) func() error {
				return tracking(int(w), 4000)
			},
		},
		{
			name:  "points",
			title: "256 hidden units",
			axis:  "probe points",
			of: func(n float64) func() error {
				return tracking(256, int(n))
			},
		},
	}

	for w := 16.0; w <= 16384; w *= 4 {
		growths[0].xs = append(growths[0].xs, w)
	}

	for n := 500.0; n <= 64000; n *= 2 {
		growths[1].xs = append(growths[1].xs, n)
	}

	var panels []*figure.Figure
	for i := range growths {
		if err := growths[i].measureGrowth(seconds); err != nil {
			return err
		}

		if err := growths[i].print(out); err != nil {
			return err
		}

		panels = append(panels, growths[i].figure())
	}

	if err := parallel(out, seconds); err != nil {
		return err
	}

	return picture.Write(chart, picture.Options{}, panels...)
}

// timing calls f until the given time has passed, but at least three times, and returns the fastest
// time: what the machine can do when nothing else runs.
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

// tracking returns a function that computes the default metrics of a random network with one hidden
// layer.
func tracking(width, points int) func() error {
	r := rand.New(rand.NewPCG(1, 2))
	net := &network.Network{Layers: []network.Layer{
		{Weight: gaussian(r, width, 40), Activation: network.ReLU},
		{Weight: gaussian(r, 10, width)},
	}}
	var metrics []tracker.Scheduled
	opts := tracker.Options{
		Jacobian: tracker.JacobianOptions{
			Quantiles: []float64{0.05, 0.25, 0.5, 0.75, 0.95},
			Histogram: true,
		},
	}

	for _, m := range tracker.Metrics {
		metric, err := tracker.NewMetric(m.Name, opts)
		if err == nil && m.Default {
			metrics = append(metrics, tracker.Scheduled{Metric: metric, When: tracker.Every(1)})
		}
	}

	// An error is returned by the first call, which keeps the table of growths simple.
	t, err := tracker.New(tracker.Probes{X: gaussian(r, points, 40)}, metrics)
	return func() error {
		if err != nil {
			return err
		}

		_, err := t.Track(context.Background(), 1, net, false)

		return err
	}
}

func gaussian(r *rand.Rand, rows, cols int) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	m.Apply(
		func(_, _ int, _ float64) float64 {
			return r.NormFloat64() * math.Sqrt(2/float64(cols))
		},
		m,
	)
	return m
}

// parallel prints the throughput of two concurrent trainings, as in a sweep, relative to a single
// one.
func parallel(out io.Writer, seconds float64) error {
	data, err := dataset.MNIST1D(dataset.DefaultMNIST1D())
	if err != nil {
		return err
	}

	fmt.Fprintf(out, "\ntwo trainings at once\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "width\tms alone\tms two at once\tthroughput\t\n")
	for _, width := range []int{16, 64, 256, 1024} {
		alone, atOnce, err := aloneAndAtOnce(data, width, seconds)
		if err != nil {
			return err
		}

		fmt.Fprintf(w, "%d\t%.0f\t%.0f\t%.2f\t\n", width, 1e3*alone, 1e3*atOnce, 2*alone/atOnce)
	}

	return w.Flush()
}

// aloneAndAtOnce returns the median seconds that a training takes alone and that two take at once,
// in alternating rounds.
func aloneAndAtOnce(
	data *dataset.Dataset,
	width int,
	seconds float64,
) (alone, atOnce float64, err error) {
	train := func(epochs int, seed uint64) error {
		t, err := trainer.New(trainer.Config{
			Hidden:     []int{width},
			Activation: network.ReLU,
			Init:       trainer.Init{Scale: 1},
			Optimizer:  trainer.Optimizer{LearningRate: 0.01},
			BatchSize:  512,
			Seed:       seed,
			Stop:       trainer.Stop{Epochs: epochs},
		}, data)
		if err != nil {
			return err
		}

		_, err = t.Run(context.Background())
		return err
	}

	work := func(workers, epochs int) (float64, error) {
		var wg sync.WaitGroup
		errs := make([]error, workers)
		start := time.Now()
		for i := range errs {
			wg.Go(func() { errs[i] = train(epochs, uint64(i)) })
		}

		wg.Wait()
		return time.Since(start).Seconds(), errors.Join(errs...)
	}

	// A short training determines how many epochs fill the time.
	const rounds, few = 5, 20
	short, err := work(1, few)
	if err != nil {
		return 0, 0, err
	}

	epochs := few * max(1, int(seconds/short))
	var ones, twos []float64

	// Alternate, since the machine may change its clock between rounds.
	for range rounds {
		one, err := work(1, epochs)
		if err != nil {
			return 0, 0, err
		}

		release := processors.KeepSpare() // as sweeps do
		two, err := work(2, epochs)
		release()
		if err != nil {
			return 0, 0, err
		}

		ones = append(ones, one)
		twos = append(twos, two)
	}

	return median(ones), median(twos), nil
}
