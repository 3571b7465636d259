package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// torchNetworks holds the parameters of a torch.nn.Sequential of Linear layers, constructed after
// torch.manual_seed: the first three parameters, and the SHA-256 of all as little-endian float32.
var torchNetworks = []struct {
	seed   uint64
	widths []int
	bias   bool
	first  [3]float32
	digest string
}{
	{42, []int{5, 8, 4}, true, [3]float32{0.34191203117370605, 0.3711908161640167, -0.10476983338594437},
		"3203ece3ff456693cb6247acb99c0e9c80e0587b088b852f81ecf1a3cd36ce8f"},
	{42, []int{40, 64, 10}, false, [3]float32{0.12088415771722794, 0.1312357783317566, -0.03704173117876053},
		"24f8e39ea5e92d26b5a705a06c5c7d461d45e09ffa967972f766a2041798a862"},
	{7, []int{40, 64, 64, 10}, true, [3]float32{0.01104347687214613, -0.09524679183959961, 0.05034715682268143},
		"b60c818cbe4cf91b7a69413dcd6dcf6043207c1eb2da83240c90cd4267ddc693"},
	{3, []int{4, 3}, true, [3]float32{-0.4957364797592163, -0.39443063735961914, -0.21415752172470093},
		"1c776aec44eda3ffdf70876955201f3e5f41dadb8acb9fb46f6ed1ac9158fa62"},
}

// initialised returns an untrained model of the given widths.
func initialised[T linalg.Float](i Init, seed uint64, bias bool, widths ...int) *model[T] {
	last := len(widths) - 1
	c := Config{Hidden: widths[1:last], Bias: bias, Init: i, Seed: seed}
	m, err := newModel[T](c, flat(widths[0]), widths[last])
	if err != nil {
		panic(err)
	}
	return m
}

func TestTorchInitIsTorchs(t *testing.T) {
	for _, test := range torchNetworks {
		m := initialised[float32](Init{TorchInit, 1}, test.seed, test.bias, test.widths...)
		if [3]float32(m.params[:3]) != test.first || digest(t, m.params) != test.digest {
			t.Errorf("seed %d, %v: parameters begin %v with digest %s, want %v and %s",
				test.seed, test.widths, m.params[:3], digest(t, m.params), test.first, test.digest)
		}
		double := initialised[float64](Init{TorchInit, 1}, test.seed, test.bias, test.widths...)
		if !slices.Equal(double.params, toFloat64(m.params)) {
			t.Errorf("seed %d, %v: the parameters in float64 are others", test.seed, test.widths)
		}
	}
}

var everyScheme = []InitScheme{TorchInit, HeInit, GlorotInit, OrthogonalInit}

func TestInitMoments(t *testing.T) {
	// A mean of 60,000 draws is off by 0.4 % of a standard deviation, their variance by 0.6 %.
	const (
		out, in   = 300, 200
		tolerance = 0.03
	)

	for _, test := range []struct {
		scheme   InitScheme
		variance float64
		bound    float64 // largest magnitude
	}{
		{TorchInit, 1. / 3 / in, 1 / math.Sqrt(in)},
		{HeInit, 2. / in, math.Inf(1)},
		{GlorotInit, 2. / (in + out), math.Sqrt(6. / (in + out))},
		{OrthogonalInit, 1. / out, 1},
	} {
		m := initialised[float64](Init{test.scheme, 1}, 5, true, in, out)
		var sum, squares, most float64
		for _, w := range m.denseLayers()[0].weight() {
			sum += w
			squares += w * w
			most = max(most, math.Abs(w))
		}

		n := float64(out * in)
		checkNear(t, fmt.Sprintf("%v: mean in standard deviations", test.scheme), sum/n/math.Sqrt(test.variance), 0, tolerance)
		checkNear(t, fmt.Sprintf("%v: variance over that wanted", test.scheme), squares/n/test.variance, 1, tolerance)
		if most > test.bound {
			t.Errorf("%v: a weight of magnitude %v, bound %v", test.scheme, most, test.bound)
		}
		if zero := !slices.ContainsFunc(m.denseLayers()[0].bias(), func(b float64) bool { return b != 0 }); zero != (test.scheme != TorchInit) {
			t.Errorf("%v: biases are all zero: %t", test.scheme, zero)
		}
	}
}

func TestOrthogonalInit(t *testing.T) {
	// For the last two, the full square factor would take 20 GB.
	for _, widths := range [][2]int{{40, 70}, {70, 40}, {50, 50}, {1, 9}, {9, 1}, {1, 1}, {2, 50_000}, {50_000, 2}} {
		in, out := widths[0], widths[1]
		w := initialised[float64](Init{OrthogonalInit, 1}, 5, false, in, out).denseLayers()[0].weight()
		k := min(out, in)
		gram := make([]float64, k*k) // WᵀW or WWᵀ
		if out >= in {
			linalg.Gemm(true, false, in, in, out, 1, w, in, w, in, 0, gram, in)
		} else {
			linalg.Gemm(false, true, out, out, in, 1, w, in, w, in, 0, gram, out)
		}

		for i := range k {
			gram[i*k+i]--
		}
		checkClose(t, fmt.Sprintf("%d×%d: Gram matrix less the identity", out, in), gram, make([]float64, k*k), 1e-13)
	}
}

// Without the correction of signs, the first entry of the factor is never positive.
func TestOrthogonalInitIsUniform(t *testing.T) {
	const draws = 400
	positive := 0
	for seed := range uint64(draws) {
		if initialised[float64](Init{OrthogonalInit, 1}, seed, false, 3, 3).params[0] > 0 {
			positive++
		}
	}
	if positive < draws/2-50 || positive > draws/2+50 { // five standard deviations
		t.Errorf("%d of %d first entries are positive", positive, draws)
	}
}

func TestInitScale(t *testing.T) {
	for _, scheme := range everyScheme {
		plain, scaled := initialised[float64](Init{scheme, 1}, 5, true, 6, 7, 3), initialised[float64](Init{scheme, 2.5}, 5, true, 6, 7, 3)
		for i := range plain.params {
			if scaled.params[i] != 2.5*plain.params[i] {
				t.Errorf("%v: parameter %d is %v scaled by 2.5, %v plain", scheme, i, scaled.params[i], plain.params[i])
				break
			}
		}
	}
}

func TestInitFollowsTheSeed(t *testing.T) {
	for _, scheme := range everyScheme {
		params := func(seed uint64) []float32 {
			return initialised[float32](Init{scheme, 1}, seed, true, 6, 7, 7, 3).params
		}
		if !slices.Equal(params(5), params(5)) {
			t.Errorf("%v: the same seed gives other weights", scheme)
		}
		if slices.Equal(params(5), params(6)) {
			t.Errorf("%v: another seed gives the same weights", scheme)
		}
	}
}
