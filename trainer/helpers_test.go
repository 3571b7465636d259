package trainer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

var blasChoice = flag.String("blas", linalg.AutoBLAS, "BLAS under the tests: auto, gonum or the path of a library")

func TestMain(m *testing.M) {
	flag.Parse()
	linalg.UseBLAS(*blasChoice)
	os.Exit(m.Run())
}

// testData returns Gaussian points with random labels. The test set has a third as many points as
// the training set.
func testData(train, dim, classes int) *dataset.Dataset {
	r := newRand(1)
	split := func(n int) dataset.Split {
		if n == 0 {
			return dataset.Split{}
		}
		s := dataset.Split{X: mat.NewDense(n, dim, normals(r, n*dim))}
		for range n {
			s.Labels = append(s.Labels, r.IntN(classes))
		}
		return s
	}
	return &dataset.Dataset{Name: "random", Classes: classes, Train: split(train), Test: split(train / 3)}
}

// testConfig trains a network with one hidden layer by plain SGD for three epochs.
func testConfig() Config {
	return Config{
		Hidden: []int{8}, Bias: true, Activation: network.ReLU,
		Init: Init{Scale: 1}, Optimizer: Optimizer{LearningRate: 0.1},
		BatchSize: 16, Seed: 1, Stop: Stop{Epochs: 3},
	}
}

// everyActivation returns one activation of each kind.
func everyActivation(t *testing.T) []network.Activation {
	t.Helper()
	var all []network.Activation
	for _, name := range network.ActivationNames() {
		a, err := network.ParseActivation(name, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

var everyLoss = []losses.Loss{losses.CrossEntropy, losses.MSE, losses.MSEMean}

var everyOptimizer = map[string]Optimizer{
	"SGD":      {LearningRate: 0.1, WeightDecay: 0.01},
	"momentum": {LearningRate: 0.1, Momentum: 0.9},
	"Nesterov": {LearningRate: 0.1, Momentum: 0.9, Nesterov: true},
	"Adam":     {Kind: Adam, LearningRate: 0.01, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
	"AdamW":    {Kind: AdamW, LearningRate: 0.01, WeightDecay: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
}

func newTestTrainer(t *testing.T, c Config, d *dataset.Dataset) *Trainer {
	t.Helper()
	tr, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func newTestSession[T linalg.Float](t *testing.T, c Config, d *dataset.Dataset) *session[T] {
	t.Helper()
	s, err := newSession[T](c, d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a trainer and fails the test on an error.
func run(t *testing.T, ctx context.Context, tr *Trainer) Result {
	t.Helper()
	r, err := tr.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everyEpoch returns a hook that calls look at each epoch and never fails.
func everyEpoch(look func(*Epoch)) Hook {
	return func(_ context.Context, e *Epoch) error { look(e); return nil }
}

// onEpoch returns a hook that calls look at one epoch.
func onEpoch(index int, look func(*Epoch)) Hook {
	return everyEpoch(func(e *Epoch) {
		if e.Index == index {
			look(e)
		}
	})
}

// evaluating is a hook that requests every value computed on demand.
var evaluating = everyEpoch(func(e *Epoch) { e.Evaluation(); e.Network() })

// seenEpoch holds what a hook sees of an epoch.
type seenEpoch struct {
	index, step          int
	last                 bool
	rate                 float64
	norm, distance, path float64
	evaluation           Evaluation
}

// record adds a hook that records every epoch.
func record(tr *Trainer) *[]seenEpoch {
	all := new([]seenEpoch)
	tr.OnEpoch("record", everyEpoch(func(e *Epoch) {
		*all = append(*all, seenEpoch{e.Index, e.Step, e.Last, e.LearningRate, e.ParamNorm, e.ParamDistance, e.PathLength, e.Evaluation()})
	}))
	return all
}

// countdown is a context that is cancelled after a number of calls of Err, which the trainer calls
// before every update.
type countdown struct {
	context.Context
	left int
}

func afterUpdates(n int) *countdown { return &countdown{context.Background(), n} }

func (c *countdown) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// torchRand returns the next n numbers of torch.rand from the generator, minus ½.
func torchRand(r *rng.Torch, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Uniform() - 0.5
	}
	return v
}

// digest returns the SHA-256 of numbers as little-endian float32.
func digest(t *testing.T, v []float32) string {
	t.Helper()
	h := sha256.New()
	if err := binary.Write(h, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// relativeError returns the largest |got − want| divided by the largest |want| or by 1, whichever
// is larger. It is infinite if the lengths differ or anything is NaN.
func relativeError[T linalg.Float](got, want []T) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, scale := 0.0, 1.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, scale = max(worst, d), max(scale, math.Abs(float64(w)))
	}
	return worst / scale
}

func checkClose[T linalg.Float](t *testing.T, what string, got, want []T, tolerance float64) {
	t.Helper()
	if e := relativeError(got, want); !(e <= tolerance) {
		t.Errorf("%s: relative error %g, allowed %g", what, e, tolerance)
	}
}

func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %g", what, got, want, tolerance)
	}
}

// checkError fails the test unless err mentions all the words.
func checkError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that mentions %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not mention %q", err, w)
		}
	}
}

// checkSameState fails the test unless two runs are in the same state, to the bit.
func checkSameState(t *testing.T, got, want *State) {
	t.Helper()
	if got.Epoch != want.Epoch || got.Batch != want.Batch || got.Step != want.Step || got.PathLength != want.PathLength || got.Travel != want.Travel || got.Done != want.Done {
		t.Errorf("at epoch %d, batch %d, step %d, path %v, done %q; want %d, %d, %d, %v, %q",
			got.Epoch, got.Batch, got.Step, got.PathLength, got.Done, want.Epoch, want.Batch, want.Step, want.PathLength, want.Done)
	}
	if len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, g := range got.Tensors {
		w := want.Tensors[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) {
			t.Errorf("tensor %d is %s %v, want %s %v", i, g.Name, g.Shape, w.Name, w.Shape)
		}
		if !slices.Equal(bytesOf(t, g), bytesOf(t, w)) {
			t.Errorf("tensor %s differs", g.Name)
		}
	}
}

func bytesOf(t *testing.T, x Tensor) []byte {
	t.Helper()
	b, err := binary.Append(nil, binary.LittleEndian, x.Data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
