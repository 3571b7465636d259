package trainer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// benchmarkNets lists the hidden widths of the benchmarked networks.
var benchmarkNets = [][]int{{16}, {64}, {256}, {1024}, {4096}, {64, 64}, {256, 256}, {1024, 1024}, {4096, 4096}}

// benchmarkData returns points with the shape of MNIST-1D: 40 features, 10 classes.
func benchmarkData(points int) *dataset.Dataset {
	return benchmarkSet(points, [3]int{1, 1, 40})
}

// benchmarkSet returns points of a shape in 10 classes.
func benchmarkSet(points int, shape [3]int) *dataset.Dataset {
	r := rand.New(rand.NewPCG(1, 1))
	split := dataset.Split{X: mat.NewDense(points, shape[0]*shape[1]*shape[2], nil), Labels: make([]int, points)}
	split.X.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, split.X)
	for i := range split.Labels {
		split.Labels[i] = r.IntN(10)
	}
	return &dataset.Dataset{Name: "benchmark", Shape: shape, Classes: 10, Train: split, Test: split.Subset([]int{0})}
}

func benchmarkConfig(hidden []int, batch int, o Optimizer) Config {
	return Config{
		Hidden: hidden, Activation: network.ReLU, Init: Init{Scale: 1}, Optimizer: o, BatchSize: batch, ClipNorm: 50, Seed: 1,
	}
}

var benchmarkOptimizers = map[string]Optimizer{
	"sgd":  {LearningRate: 1e-3},
	"adam": {Kind: Adam, LearningRate: 1e-4, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
}

var warm sync.Once

// warmUp runs updates for half a second, because a new process is slow until the system has placed
// its threads on processors.
func warmUp(b *testing.B) {
	warm.Do(func() {
		linalg.UseBLAS(linalg.AutoBLAS)
		s, err := newSession[float32](benchmarkConfig([]int{256, 256}, 128, benchmarkOptimizers["sgd"]), benchmarkData(128))
		if err != nil {
			b.Fatal(err)
		}
		defer s.occupy()()
		for start := time.Now(); time.Since(start) < time.Second/2; {
			if _, err := s.update(1, 0, 1e-3); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// forBenchmarkNets runs a benchmark for every network, batch size and optimizer.
func forBenchmarkNets(b *testing.B, f func(b *testing.B, s *session[float32])) {
	warmUp(b)
	for _, optimizer := range []string{"sgd", "adam"} {
		for _, batch := range []int{128, 512} {
			for _, hidden := range benchmarkNets {
				name := fmt.Sprintf("%s/net=%s/batch=%d", optimizer, benchmarkName(hidden), batch)
				b.Run(name, func(b *testing.B) {
					s, err := newSession[float32](benchmarkConfig(hidden, batch, benchmarkOptimizers[optimizer]), benchmarkData(batch))
					if err != nil {
						b.Fatal(err)
					}
					defer s.occupy()()
					b.ReportAllocs()
					b.ResetTimer()
					f(b, s)
				})
			}
		}
	}
}

// forConvolutionalNets runs a benchmark for convolutional networks from the literature, at the
// batch sizes used there.
func forConvolutionalNets(b *testing.B, f func(b *testing.B, s *session[float32])) {
	for _, net := range []struct {
		name, layers string
		shape        [3]int
		batch        int
	}{
		{"ConvBase", "ConvBase", [3]int{1, 1, 40}, 100},
		{"CNN_11-28", "CNN_11", [3]int{1, 28, 28}, 128},
		{"CNN_11-32", "CNN_11", [3]int{3, 32, 32}, 128},
	} {
		for _, optimizer := range []string{"sgd", "adam"} {
			b.Run(fmt.Sprintf("%s/net=%s/batch=%d", optimizer, net.name, net.batch), func(b *testing.B) {
				specs, err := NamedLayers(net.layers)
				if err != nil {
					b.Fatal(err)
				}
				c := benchmarkConfig(nil, net.batch, benchmarkOptimizers[optimizer])
				c.Layers = specs

				s, err := newSession[float32](c, benchmarkSet(net.batch, net.shape))
				if err != nil {
					b.Fatal(err)
				}
				defer s.occupy()()
				b.ReportAllocs()
				b.ResetTimer()
				f(b, s)
			})
		}
	}
}

// benchmarkUpdate runs training steps through Gorgonia.
func benchmarkUpdate(b *testing.B, s *session[float32]) {
	for b.Loop() {
		_, err := s.update(1, 0, 1e-3)
		if err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkBareUpdate runs the same steps without Gorgonia: it calls the layers one after another.
func benchmarkBareUpdate(b *testing.B, s *session[float32]) {
	e := newEvaluator(s.model, s.config.objective(), s.train.len())
	for b.Loop() {
		e.over(s.train, len(e.layers))
		clipNorm(e.grad, s.config.ClipNorm)
		s.updater.update(s.model.params, e.grad, 1e-3)
	}
}

// BenchmarkUpdate measures a training step through Gorgonia: forward, loss, backward, clip, update.
func BenchmarkUpdate(b *testing.B) {
	forBenchmarkNets(b, benchmarkUpdate)
	forConvolutionalNets(b, benchmarkUpdate)
}

// BenchmarkBareUpdate measures the same step without Gorgonia.
func BenchmarkBareUpdate(b *testing.B) {
	forBenchmarkNets(b, benchmarkBareUpdate)
	forConvolutionalNets(b, benchmarkBareUpdate)
}

// BenchmarkEpoch measures an untracked epoch of 4,000 points in batches of 512. BenchmarkEvaluate
// measures what a stopping rule adds to it: loss, accuracy and gradient norm.
func BenchmarkEpoch(b *testing.B) {
	forTrackedNets(b, func(b *testing.B, s *session[float32]) {
		for b.Loop() {
			for batch := range s.updatesPerEpoch() {
				if _, err := s.update(1, batch, 1e-3); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	forTrackedNets(b, func(b *testing.B, s *session[float32]) {
		for b.Loop() {
			s.evaluate()
		}
	})
}

// forTrackedNets runs a benchmark for the networks whose tracking is benchmarked as well.
func forTrackedNets(b *testing.B, f func(b *testing.B, s *session[float32])) {
	warmUp(b)
	for _, hidden := range [][]int{{64}, {256}, {1024}, {4096}, {64, 64}, {256, 256}, {1024, 1024}} {
		b.Run("net="+benchmarkName(hidden), func(b *testing.B) {
			s, err := newSession[float32](benchmarkConfig(hidden, 512, benchmarkOptimizers["sgd"]), benchmarkData(4000))
			if err != nil {
				b.Fatal(err)
			}
			defer s.occupy()()
			b.ResetTimer()
			f(b, s)
		})
	}
}

// benchmarkName returns "64x64" for the widths 64 and 64.
func benchmarkName(hidden []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(hidden), "[]"), " ", "x")
}
