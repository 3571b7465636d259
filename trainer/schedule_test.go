package trainer

import (
	"fmt"
	"math"
	"testing"
)

// recursive is get_lr of a scheduler of PyTorch 1.13: the learning rate after its t-th step, given
// the previous rate.
type recursive func(t int, rate float64) float64

func torchConstantLR(_ int, rate float64) float64 { return rate }

func torchLinearLR(start float64, total int) recursive {
	return func(t int, rate float64) float64 {
		if t > total {
			return rate
		}
		return rate * (1 + (1-start)/(float64(total)*start+float64(t-1)*(1-start)))
	}
}

func torchStepLR(size int, gamma float64) recursive {
	return func(t int, rate float64) float64 {
		if t%size != 0 {
			return rate
		}
		return rate * gamma
	}
}

func torchMultiStepLR(milestones []int, gamma float64) recursive {
	return func(t int, rate float64) float64 {
		for _, m := range milestones {
			if m == t {
				rate *= gamma
			}
		}
		return rate
	}
}

// torchLimitedStepLR is the LambdaLR that the paper's code uses for a floor.
func torchLimitedStepLR(size int, gamma, floor float64) recursive {
	return func(t int, _ float64) float64 {
		return max(math.Pow(gamma, math.Floor(float64(t)/float64(size))), floor)
	}
}

// simulate returns the learning rates of the first n updates, with base rate 1.
func simulate(n int, next recursive) []float64 {
	rates := []float64{1}
	for t := 1; t < n; t++ {
		rates = append(rates, next(t, rates[t-1]))
	}
	return rates
}

// simulateWarmup is the paper's SequentialLR: LinearLR from 1/warmup over warmup − 1 steps, and
// from step warmup + 1 on the other scheduler, starting at its base rate.
func simulateWarmup(n, warmup int, next recursive) []float64 {
	linear := torchLinearLR(1/float64(warmup), warmup-1)
	rates := []float64{1 / float64(warmup)}
	for t := 1; t < n; t++ {
		switch after := t - (warmup + 1); {
		case after < 0:
			rates = append(rates, linear(t, rates[t-1]))
		case after == 0:
			rates = append(rates, 1)
		default:
			rates = append(rates, next(after, rates[t-1]))
		}
	}

	return rates
}

// fractions returns the milestones of the paper's step_scheduler, in its floating-point arithmetic.
func fractions(fraction float64, updates int) []int {
	var m []int
	for i := 1; i < int(1/fraction); i++ {
		m = append(m, int(fraction*float64(i)*float64(updates)))
	}
	return m
}

func TestPaperSchedules(t *testing.T) {
	// The recursions round once per update, 20,000 times in a warm-up.
	const tolerance = 1e-11
	const updates = 120_000
	for _, perEpoch := range []int{1, 3, 8} {
		step25 := torchMultiStepLR(fractions(0.25, 10_000*perEpoch), 0.75)
		want := map[string][]float64{
			"Const":               simulate(updates, torchConstantLR),
			"Step25":              simulate(updates, step25),
			"Step10":              simulate(updates, torchMultiStepLR(fractions(0.10, 3_000*perEpoch), 0.75)),
			"Warmup20000Step25":   simulateWarmup(updates, 20_000, step25),
			"Cont50":              simulate(updates, torchStepLR(50*perEpoch, 0.95)),
			"Cont100":             simulate(updates, torchStepLR(100*perEpoch, 0.95)),
			"Cont100LimitLR":      simulate(updates, torchLimitedStepLR(100*perEpoch, 0.95, 1e-3)),
			"Cont200":             simulate(updates, torchStepLR(200*perEpoch, 0.95)),
			"Cont1000":            simulate(updates, torchStepLR(1000*perEpoch, 0.95)),
			"Warmup20000Cont2500": simulateWarmup(updates, 20_000, torchStepLR(2500*perEpoch, 0.95)),
		}
		if len(want) != len(PaperScheduleNames()) {
			t.Errorf("%d schedules are tested of %d", len(want), len(PaperScheduleNames()))
		}
		for _, name := range PaperScheduleNames() {
			s, ok := PaperSchedule(name)
			if !ok {
				t.Errorf("%s is listed but unknown", name)
			}
			for u, rate := range want[name] {
				if got := s.Factor(u, perEpoch); math.Abs(got-rate) > tolerance*rate {
					t.Errorf("%s, %d updates an epoch: factor %v at update %d, want %v", name, perEpoch, got, u, rate)
					break
				}
			}
		}
	}

	if _, ok := PaperSchedule("Cont300"); ok {
		t.Error("Cont300 is known")
	}
}

// These learning rates were computed by the paper's code itself on PyTorch 1.13, with 8 updates per
// epoch.
func TestPaperSchedulesByThePapersCode(t *testing.T) {
	const tolerance = 1e-12
	for name, rates := range map[string]map[int]float64{
		"Warmup20000Step25": {
			0: 5e-05, 1: 1e-4, 9999: 0.5, 19998: 0.99995, 19999: 1, 20000: 1, 20001: 1, 20002: 1, 40000: 1, 40001: 0.75, 60000: 0.75,
			60001: 0.5625, 80000: 0.5625, 80001: 0.421875, 90000: 0.421875,
		},
		"Warmup20000Cont2500": {0: 5e-05, 19999: 1, 20000: 1, 20001: 1, 40000: 1, 40001: 0.95, 60001: 0.9025, 80000: 0.9025},
		"Step10":              {0: 1, 2399: 1, 2400: 0.75, 2401: 0.75, 21599: 0.1001129150390625, 21600: 0.07508468627929688, 24000: 0.07508468627929688},
		"Step25":              {0: 1, 19999: 1, 20000: 0.75, 59999: 0.5625, 60000: 0.421875, 80000: 0.421875},
		"Cont100LimitLR":      {0: 1, 799: 1, 800: 0.95, 107200: 0.0010350542399058735, 107999: 0.0010350542399058735, 108000: 0.001, 111999: 0.001},
	} {
		s, _ := PaperSchedule(name)
		for u, want := range rates {
			checkNear(t, fmt.Sprintf("%s: factor at update %d", name, u), s.Factor(u, 8), want, tolerance)
		}
	}
}

// checkFactors compares the factors of the first updates, with 4 updates per epoch.
func checkFactors(t *testing.T, s Schedule, want ...float64) {
	t.Helper()
	for u, w := range want {
		checkNear(t, fmt.Sprintf("%v: factor at update %d", s, u), s.Factor(u, 4), w, 1e-15)
	}
}

// epochs repeats each factor for the 4 updates of an epoch.
func epochs(factors ...float64) []float64 {
	var all []float64
	for _, f := range factors {
		all = append(all, f, f, f, f)
	}
	return all
}

func TestScheduleShapes(t *testing.T) {
	half := math.Sqrt2 / 2 // cos(π/4), and sin

	for _, test := range []struct {
		s    Schedule
		want []float64
	}{
		{Schedule{}, epochs(1, 1, 1)},
		{Schedule{Kind: StepDecay, StepEpochs: 2, Gamma: 0.5}, epochs(1, 1, .5, .5, .25)},
		{Schedule{Kind: StepDecay, StepEpochs: 1, Gamma: 0.5, MinFactor: 0.2}, epochs(1, .5, .25, .2, .2)},
		{Schedule{Kind: MultiStepDecay, Milestones: []int{1, 2, 4}, Gamma: 0.5}, epochs(1, .5, .25, .25, .125, .125)},
		{Schedule{Kind: ExponentialDecay, Gamma: 0.5}, epochs(1, .5, .25, .125)},
		{Schedule{Kind: ExponentialDecay, Gamma: 0.5, MinFactor: 0.3}, epochs(1, .5, .3, .3)},
		{Schedule{Kind: CosineDecay, Epochs: 1}, []float64{1, (1 + half) / 2, .5, (1 - half) / 2, 0, 0, 0}},
		{Schedule{Kind: CosineDecay, Epochs: 1, MinFactor: 0.2}, []float64{1, .6 + .4*half, .6, .6 - .4*half, .2, .2}},
		{Schedule{WarmupUpdates: 3}, []float64{1. / 3, 2. / 3, 1, 1, 1}},
		{Schedule{WarmupUpdates: 1}, []float64{1, 1, 1}},
	} {
		checkFactors(t, test.s, test.want...)
	}
}

// After a warm-up of n updates and one more update at the full rate, any schedule starts as if
// training had just begun.
func TestWarmupComposesWithEverySchedule(t *testing.T) {
	for _, s := range []Schedule{
		{},
		{Kind: StepDecay, StepEpochs: 2, Gamma: 0.5},
		{Kind: MultiStepDecay, Milestones: []int{1, 3}, Gamma: 0.5},
		{Kind: ExponentialDecay, Gamma: 0.9},
		{Kind: CosineDecay, Epochs: 3, MinFactor: 0.1},
	} {
		for _, n := range []int{1, 2, 7, 100} {
			var want []float64
			for u := range n {
				want = append(want, float64(u+1)/float64(n))
			}

			want = append(want, 1)
			for u := range 20 {
				want = append(want, s.Factor(u, 4))
			}

			warm := s
			warm.WarmupUpdates = n
			checkFactors(t, warm, want...)
		}
	}
}

func TestScheduleStrings(t *testing.T) {
	for _, test := range []struct {
		s    Schedule
		want string
	}{
		{Schedule{}, "constant"},
		{Schedule{Kind: StepDecay, StepEpochs: 100, Gamma: 0.95, MinFactor: 1e-3}, "×0.95 every 100 epochs, down to 0.001"},
		{Schedule{Kind: MultiStepDecay, Milestones: []int{10, 20}, Gamma: 0.1}, "×0.1 at epochs 10 20"},
		{Schedule{Kind: ExponentialDecay, Gamma: 0.99}, "×0.99 every epoch"},
		{Schedule{Kind: CosineDecay, Epochs: 30, WarmupUpdates: 5}, "cosine over 30 epochs, after a linear warm-up of 5 updates"},
	} {
		if got := test.s.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
