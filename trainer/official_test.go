package trainer

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// longTests is an environment variable that makes trajectories run to their end, which takes two
// minutes on one core.
const longTests = "LIPTRACK_LONG_TESTS"

func isLong() bool { return os.Getenv(longTests) != "" }

var drawnDigits = sync.OnceValues(digits)

func cnn5(t *testing.T) (Config, *dataset.Dataset) {
	t.Helper()
	train, test := drawnDigits()
	d := pictures(t, [3]int{1, 28, 28}, train, test, "b216d07eda43c2f13a8f1e2279682583d369debac14472df9b100a7880a28e39")
	return Config{
		Layers: namedLayers(t, "CNN_5"), Init: Init{TorchInit, 1}, Seed: 42, BatchSize: 128, ClipNorm: 50,
		Loss: losses.CrossEntropy, Optimizer: Optimizer{Kind: SGD, LearningRate: 0.01}, Stop: Stop{Epochs: 30},
	}, d
}

func geluCNN4(t *testing.T) (Config, *dataset.Dataset) {
	t.Helper()
	train, test := photographs()
	d := pictures(t, [3]int{3, 32, 32}, train, test, "1210c46a0824a9adebeca1a35bc2b2f6f6c201f22886e3eb30ec38ab1185dc6b")
	adam := Optimizer{Kind: Adam, LearningRate: 0.003, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
	return Config{
		Layers: namedLayers(t, "GELU_CNN_4"), Init: Init{TorchInit, 1}, Seed: 43, BatchSize: 16, ClipNorm: 50,
		Loss: losses.MSE, Optimizer: adam, Stop: Stop{Epochs: 20},
	}, d
}

func namedLayers(t *testing.T, name string) []LayerSpec {
	t.Helper()
	specs, err := NamedLayers(name)
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

// The first 40 updates of CNN_5 in float64 equal PyTorch's in float64. From update 5 on, a few
// gradients go to the other of two pixels that are equal up to rounding.
func TestUpdatesArePyTorchs(t *testing.T) {
	c, d := cnn5(t)
	c.Float64, c.FollowUpdates = true, true
	s := newTestSession[float64](t, c, d)

	type update struct {
		Update                   int
		Loss, Gradient, Distance float64
	}
	for i, want := range readLines[update](t, "testdata/cnn5_mnist_ce_seed42_updates.jsonl") {
		if i >= 10 && !isLong() {
			break
		}

		tolerance := 1e-5
		if want.Update >= 5 {
			tolerance = 5e-3
		}

		loss, err := s.update(1, i, c.Optimizer.LearningRate)
		if err != nil {
			t.Fatal(err)
		}
		_, gradient := s.lastUpdate()
		_, distance, _ := s.distances()

		expectNear(t, "update", want.Update, "loss", loss, want.Loss, 1e-6)
		expectNear(t, "update", want.Update, "gradient", gradient, want.Gradient, tolerance)
		expectNear(t, "update", want.Update, "distance", distance, want.Distance, tolerance)
	}
}

func expectNear(t *testing.T, unit string, index int, what string, got, want, tolerance float64) {
	t.Helper()
	off := math.Abs(got - want)
	if want != 0 {
		off /= math.Abs(want)
	}
	if !(off <= tolerance) {
		t.Errorf("%s %d: %s %.9g, want %.9g: off by %.1e, more than %.0e", unit, index, what, got, want, off, tolerance)
	}
}

// officialEpoch holds what the paper's code recorded for an epoch. Only some epochs have bounds.
type officialEpoch struct {
	Epoch         int
	Gradient      float64 `json:"norm_grad_of_params"`
	Norm          float64 `json:"norm_theta_t"`
	Distance      float64 `json:"norm_dtheta_t0"`
	TrainLoss     float64 `json:"loss/train"`
	TestLoss      float64 `json:"loss/test"`
	TrainAccuracy float64 `json:"accuracy/train"`
	TestAccuracy  float64 `json:"accuracy/test"`
	Lower         float64 `json:"L_lower"`
	Mean          float64 `json:"L_mean"`
	RMS           float64 `json:"L_rms"`
	Upper         float64 `json:"L_upper"`
}

// tolerances holds the relative differences between two builds of PyTorch itself, with a margin:
// trajectories diverge at a maximum of two pixels that are equal up to rounding. The tolerance of
// accuracies is absolute.
type tolerances struct{ loss, gradient, norm, distance, accuracy float64 }

func TestTrajectoriesAreThePapers(t *testing.T) {
	t.Run("CNN_5", func(t *testing.T) {
		c, d := cnn5(t)
		if !isLong() {
			c.Stop.Epochs = 1
		}
		followOfficial(t, c, d, "testdata/cnn5_mnist_ce_seed42.jsonl", func(int) tolerances {
			return tolerances{2e-5, 1e-2, 1e-5, 2e-3, 0.01}
		})
	})

	t.Run("GELU_CNN_4", func(t *testing.T) {
		c, d := geluCNN4(t)
		if !isLong() {
			c.Stop.Epochs = 5
		}
		followOfficial(t, c, d, "testdata/gelucnn4_cifar_mse_adam_seed43.jsonl", func(epoch int) tolerances {
			switch {
			case epoch <= 5:
				return tolerances{1e-5, 1e-5, 1e-5, 1e-5, 1e-5}
			case epoch <= 10:
				return tolerances{1e-3, 2e-3, 1e-3, 1e-3, 1e-3}
			}
			return tolerances{5e-2, 0.3, 5e-2, 5e-2, 5e-2}
		})
	})
}

// followOfficial trains and compares every epoch with what the paper's code recorded.
func followOfficial(t *testing.T, c Config, d *dataset.Dataset, path string, tolerance func(epoch int) tolerances) {
	t.Helper()
	official := readLines[officialEpoch](t, path)
	trainer := newTestTrainer(t, c, d)

	trainer.OnEpoch("compare", everyEpoch(func(e *Epoch) {
		want, near, got := official[e.Index], tolerance(e.Index), e.Evaluation()
		expect := func(what string, got, want, tolerance float64) {
			t.Helper()
			expectNear(t, "epoch", e.Index, what, got, want, tolerance)
		}

		expect("training loss", got.TrainLoss, want.TrainLoss, near.loss)
		expect("test loss", got.TestLoss, want.TestLoss, near.loss)
		expect("gradient", got.GradNorm, want.Gradient, near.gradient)
		expect("parameters' norm", e.ParamNorm, want.Norm, near.norm)
		expect("distance from the start", e.ParamDistance, want.Distance, near.distance)
		expect("training accuracy", 1+got.TrainAccuracy, 1+want.TrainAccuracy, near.accuracy)
		expect("test accuracy", 1+got.TestAccuracy, 1+want.TestAccuracy, near.accuracy)

		if want.Upper > 0 && (isLong() || e.Last && d.Train.Len() <= 100) {
			compareBounds(t, e.Index, e.Network(), d, want)
		}
	}))

	run(t, context.Background(), trainer)
}

// compareBounds compares bounds with the official ones. The official power methods stop early, so
// their results are too small: by up to 5 % for the largest Jacobian norm, 12 % for the mean, and
// 1.4 % for the product. Once trajectories have diverged, only the sizes can be compared.
func compareBounds(t *testing.T, epoch int, net *network.Network, d *dataset.Dataset, want officialEpoch) {
	t.Helper()
	product := 1.0
	for _, l := range net.Layers {
		if l.Pool == nil {
			product *= bounds.MapNorm(l.Linear()).Norm
		}
	}

	lower, mean, rms := jacobianNorms(net, d.Train)
	below := 1e-3
	if epoch > 10 {
		below = 0.02
	}

	for _, c := range []struct {
		what            string
		got, want, over float64
	}{
		{"product of norms", product, want.Upper, 0.015},
		{"lower bound", lower, want.Lower, 0.06},
		{"mean norm", mean, want.Mean, 0.14},
		{"rms norm", rms, want.RMS, 0.14},
	} {
		if ratio := c.got / c.want; ratio < 1-below || ratio > 1+c.over {
			t.Errorf("epoch %d: %s %v, %v times the official %v", epoch, c.what, c.got, ratio, c.want)
		}
	}
}

// jacobianNorms returns the largest, mean and rms norm of the Jacobian at the points.
func jacobianNorms(net *network.Network, points dataset.Split) (largest, mean, rms float64) {
	const group = 20
	n, features := points.X.Dims()
	pass := network.NewPass[float64](net, group)
	grams, squares := make([]float64, group*100), make([]float64, group)

	for from := 0; from < n; from += group {
		count := min(group, n-from)
		pass.Forward(points.X.RawMatrix().Data[from*features:], count)
		linalg.GramSmall(grams, pass.Jacobian(len(net.Layers)), count, 10, features)
		linalg.LargestEigenvalues(squares[:count], grams, 10)
		for _, square := range squares[:count] {
			largest = max(largest, math.Sqrt(square))
			mean += math.Sqrt(square) / float64(n)
			rms += square / float64(n)
		}
	}

	return largest, mean, math.Sqrt(rms)
}

func readLines[T any](t *testing.T, path string) []T {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	var all []T
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var line T
		err := json.Unmarshal(lines.Bytes(), &line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}
