package trainer

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// After every update, the product of certified upper bounds on the norms (the tracker's
// upper_product) is at most the constraint, and it reaches the constraint when training pushes
// against it.
func TestConstraintHolds(t *testing.T) {
	for _, double := range []bool{false, true} {
		for _, limit := range []float64{1, 10} {
			c := testConfig()
			c.Hidden, c.Activation = []int{30, 40}, network.ReLU
			c.Constraint, c.Float64, c.Stop.Epochs = limit, double, 30
			c.Optimizer = everyOptimizer["momentum"]
			tr := newTestTrainer(t, c, testData(50, 20, 4))
			largest := 0.0

			tr.OnEpoch("norms", everyEpoch(func(e *Epoch) {
				if e.Index == 0 {
					return
				}
				product := upperProduct(e.Network())
				if product > limit {
					t.Errorf("float64 %t, epoch %d: product %v, limit %v", double, e.Index, product, limit)
				}
				largest = max(largest, product)
			}))

			run(t, t.Context(), tr)
			if largest < limit*(1-1e-5) {
				t.Errorf("float64 %t: the limit %v is never reached, at most %v", double, limit, largest)
			}
		}
	}
}

func upperProduct(net *network.Network) float64 {
	product := 1.0
	for _, l := range net.Layers {
		product *= linalg.SpectralNormUpper(l.Weight)
	}
	return product
}

// A matrix within its share of the limit does not change by a bit; a matrix beyond it keeps its
// direction.
func TestConstraintScalesWhatIsBeyond(t *testing.T) {
	c := testConfig()
	s := newTestSession[float32](t, c, testData(20, 5, 4))
	net := s.model.network()
	first, second := linalg.SpectralNorm(net.Layers[0].Weight), linalg.SpectralNorm(net.Layers[1].Weight)
	limit := (first + second) / 2 // for each layer
	newConstraint(s.model, limit*limit).apply()
	after := s.model.network()

	for i, norm := range []float64{first, second} {
		before, after := net.Layers[i].Weight.RawMatrix().Data, after.Layers[i].Weight.RawMatrix().Data
		want := min(1, limit/norm)
		for j, w := range before {
			if want == 1 && after[j] != w {
				t.Fatalf("layer %d is within the limit and was changed", i+1)
			}
			if !(math.Abs(after[j]-want*w) <= 2e-6*math.Abs(w)) {
				t.Fatalf("layer %d: weight %v became %v, want %v", i+1, w, after[j], want*w)
			}
		}
	}
	if first > limit == (second > limit) {
		t.Error("want exactly one of the two layers beyond the limit")
	}
}

// The margin covers the largest possible effect of rounding: a matrix with a single singular value
// whose entries are all rounded up.
func TestConstraintMarginCoversRounding(t *testing.T) {
	const u = 0x1p-24
	for _, side := range []int{1, 2, 10, 40, 784, 65536} {
		worst := (1 + u) * (1 + u*math.Sqrt(float64(side)))
		if product := (1 - constraintMargin(side, 1<<20)) * worst * (1 + float64(side)*0x1p-53); product > 1 {
			t.Errorf("smaller side %d: norm %v of its limit", side, product)
		}
	}
}
