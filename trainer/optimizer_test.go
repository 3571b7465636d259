package trainer

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
)

// torchSteps holds the first of 16 parameters after five steps of PyTorch 1.13's optimizers, in
// float32 with ATEN_CPU_CAPABILITY=avx2 and in float64. The parameters and then the gradients were
// torch.rand(16) − ½ after manual_seed(3), and the learning rates were stepRates.
var torchSteps = []struct {
	name      string
	optimizer Optimizer
	single    []float32
	double    []float64
}{
	{
		"SGD", Optimizer{},
		[]float32{-0.30575648, -0.291708767, -0.175897866, -0.406999141, -0.122258462},
		[]float64{-0.30575650036334995, -0.2917087405920029, -0.17589787542819973, -0.4069991767406464, -0.12225845754146576},
	},
	{
		"SGD, weight decay", Optimizer{WeightDecay: 0.03},
		[]float32{-0.298697472, -0.285148084, -0.17224896, -0.399302274, -0.121603243},
		[]float64{-0.2986974841443683, -0.285148077732224, -0.17224897688080915, -0.39930227607915647, -0.12160323832613187},
	},
	{
		"SGD, momentum", Optimizer{Momentum: 0.9},
		[]float32{-0.0419663079, -0.403158069, -0.242464989, -0.381356299, -0.141664207},
		[]float64{-0.04196628705799571, -0.4031580316233635, -0.24246498913168907, -0.38135629111766817, -0.14166420894026757},
	},
	{
		"SGD, momentum, weight decay", Optimizer{Momentum: 0.9, WeightDecay: 0.03},
		[]float32{-0.0228601042, -0.383683383, -0.231705189, -0.358847469, -0.139811203},
		[]float64{-0.022860093955027964, -0.3836833921321798, -0.23170519136022252, -0.35884751854871016, -0.13981121082213185},
	},
	{
		"SGD, Nesterov", Optimizer{Momentum: 0.9, Nesterov: true},
		[]float32{0.10263668, -0.299563378, -0.20137459, -0.324479192, -0.224209175},
		[]float64{0.10263667306774861, -0.29956339542937277, -0.20137459609448904, -0.3244791854701042, -0.22420917031610016},
	},
	{
		"SGD, Nesterov, weight decay", Optimizer{Momentum: 0.8, Nesterov: true, WeightDecay: 0.03},
		[]float32{0.0299639069, -0.258371741, -0.176206827, -0.305033982, -0.20665653},
		[]float64{0.029963903411184753, -0.25837174392482914, -0.17620683002780654, -0.3050339782294379, -0.20665651453985157},
	},
	{
		"Adam", Optimizer{Kind: Adam, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
		[]float32{0.0237766653, -0.476483524, -0.311380118, -0.456258714, -0.249738336},
		[]float64{0.023776621914768092, -0.47648357934238234, -0.3113801347277541, -0.4562586902990365, -0.24973834498413344},
	},
	{
		"Adam, weight decay", Optimizer{Kind: Adam, Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-5, WeightDecay: 0.03},
		[]float32{0.0248354971, -0.437436104, -0.284941077, -0.402925909, -0.253914833},
		[]float64{0.024835516964570953, -0.43743608797635253, -0.28494103461260034, -0.40292595515108903, -0.25391481373646635},
	},
	{
		"AdamW", Optimizer{Kind: AdamW, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.03},
		[]float32{0.0285817236, -0.468585491, -0.306538522, -0.447336972, -0.247805163},
		[]float64{0.028581646375768335, -0.4685855527699916, -0.3065385630448449, -0.44733699008348543, -0.24780517987652612},
	},
	{
		"AdamW, no decay", Optimizer{Kind: AdamW, Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-5},
		[]float32{0.0239702463, -0.451087683, -0.295945525, -0.423445046, -0.261050045},
		[]float64{0.023970230875092036, -0.4510876864849441, -0.2959455423032244, -0.4234450189175646, -0.26105001711321507},
	},
}

var stepRates = []float64{0.1, 0.1, 0.05, 0.2, 0.1}

// steps returns the parameters after five updates.
func steps[T linalg.Float](o Optimizer) []T {
	const size = 16
	r := rng.NewTorch(3)
	draw := func() []T {
		v := make([]T, size)
		for i, x := range torchRand(r, size) {
			v[i] = T(x)
		}
		return v
	}

	theta, u := draw(), newUpdater[T](o, size)
	for _, rate := range stepRates {
		u.update(theta, draw(), rate)
	}
	return theta
}

func TestOptimizersAreTorchs(t *testing.T) {
	// There are a few roundings per update.
	const tolerance = 1e-15
	for _, test := range torchSteps {
		single := steps[float32](test.optimizer)
		for i, want := range test.single {
			if single[i] != want {
				t.Errorf("%s in float32: parameter %d is %v, want %v to the bit", test.name, i, single[i], want)
			}
		}
		checkClose(t, test.name+" in float64", steps[float64](test.optimizer)[:len(test.double)], test.double, tolerance)
	}
}

// Adam's first step has the length of the learning rate, against the sign of the gradient,
// regardless of the gradient's size. AdamW also shrinks the parameters first.
func TestFirstStepOfAdam(t *testing.T) {
	for _, kind := range []OptimizerKind{Adam, AdamW} {
		o := Optimizer{Kind: kind, WeightDecay: 0.5, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-300}
		theta := []float64{2, -2, 2}
		newUpdater[float64](o, 3).update(theta, []float64{1e-6, 3, -1e6}, 0.1)
		want := []float64{1.9, -2.1, 2.1}
		if kind == AdamW {
			want = []float64{1.8, -2, 2}
		}
		checkClose(t, kind.String(), theta, want, 1e-15)
	}
}

func TestClipNorm(t *testing.T) {
	// PyTorch's clip_grad_norm_ divides by the norm plus 1e-6.
	const longer = 5 + 1e-6
	for _, test := range []struct {
		limit float64
		want  [2]float64
	}{
		{0, [2]float64{3, 4}},
		{6, [2]float64{3, 4}},
		{5.1, [2]float64{3, 4}},
		{5, [2]float64{3 * 5 / longer, 4 * 5 / longer}},
		{1, [2]float64{3 / longer, 4 / longer}},
		{1e-3, [2]float64{3e-3 / longer, 4e-3 / longer}},
	} {
		grad, single := []float64{3, 4}, []float32{3, 4}
		clipNorm(grad, test.limit)
		clipNorm(single, test.limit)
		checkClose(t, "clipped in float64", grad, test.want[:], 1e-15)
		checkClose(t, "clipped in float32", toFloat64(single), test.want[:], 1e-6)
	}

	lost := []float64{math.NaN(), 1}
	if clipNorm(lost, 1); !math.IsNaN(lost[0]) {
		t.Errorf("a gradient that is NaN was clipped to %v", lost)
	}
}

// An update moves no further than the learning rate times the limit.
func TestTrainingClips(t *testing.T) {
	const limit = 1e-3
	c := testConfig()
	c.ClipNorm, c.BatchSize, c.Stop.Epochs = limit, 20, 1
	c.Float64 = true
	tr := newTestTrainer(t, c, testData(20, 5, 4))
	tr.OnEpoch("distance", onEpoch(1, func(e *Epoch) {
		checkNear(t, "distance of one update", e.ParamDistance, c.Optimizer.LearningRate*limit, 1e-7)
	}))
	run(t, t.Context(), tr)
}
