package losses

import (
	"fmt"
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

func TestLossNames(t *testing.T) {
	for l, want := range map[Loss]string{CrossEntropy: "cross_entropy", MSE: "mse", MSEMean: "mse_mean"} {
		if l.String() != want || Names()[l] != want {
			t.Errorf("loss %d is called %v and %s, want %s", int(l), l, Names()[l], want)
		}
	}
}

func TestCrossEntropyAtExtremeLogits(t *testing.T) {
	t.Run("float32", testExtremeLogits[float32])
	t.Run("float64", testExtremeLogits[float64])
}

func testExtremeLogits[T linalg.Float](t *testing.T) {
	const huge = 1e4
	inf := math.Inf(1)

	for _, test := range []struct {
		logits []T
		label  int
		loss   float64
		p      []float64 // softmax
	}{
		{[]T{huge, -huge, 0}, 0, 0, []float64{1, 0, 0}},
		{[]T{huge, -huge, 0}, 1, 2 * huge, []float64{1, 0, 0}},
		{[]T{huge, -huge, 0}, 2, huge, []float64{1, 0, 0}},
		{[]T{huge, huge}, 0, math.Ln2, []float64{.5, .5}},
		{[]T{-huge, -huge, -huge, -huge}, 3, math.Log(4), []float64{.25, .25, .25, .25}},
		{[]T{-huge, 0, -huge, 0}, 1, math.Ln2, []float64{0, .5, 0, .5}},
		{[]T{huge, 0, 0, 0, 0, 0, 0, 0, huge}, 8, math.Ln2, []float64{.5, 0, 0, 0, 0, 0, 0, 0, .5}},
		{[]T{T(-inf), 0}, 1, 0, []float64{0, 1}},
		{[]T{T(-inf), 0}, 0, inf, []float64{0, 1}},
	} {
		k := len(test.logits)
		target, grad := make([]T, k), make([]T, k)
		target[test.label] = 1

		what := fmt.Sprintf("logits %v, label %d", test.logits, test.label)
		// The logarithms of 2 and 4 are rounded once.
		if loss := crossEntropySum(test.logits, target, grad, k, 1); loss != test.loss {
			checkNear(t, what+": loss", loss, test.loss, 1e-7)
		}

		for j, p := range test.p {
			checkNear(t, what+": gradient", float64(grad[j]), p-float64(target[j]), 1e-7)
		}
	}
}

// Each row is shifted by its own maximum. Gorgonia's SoftMax returns NaN for these two rows.
func TestCrossEntropyOfRowsOfDifferentScale(t *testing.T) {
	logits, target := []float64{200, 0, 0, 1, 2, 3}, []float64{0, 1, 0, 1, 0, 0}
	want := 200 + math.Log(math.E+math.Exp(2)+math.Exp(3)) - 1
	checkNear(t, "loss", crossEntropySum(logits, target, nil, 3, 1), want, 1e-13)
}

func TestCrossEntropyOfNoNumberIsNoNumber(t *testing.T) {
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		for at := range 3 {
			logits := make([]float32, 3)
			logits[at] = v
			if loss := crossEntropySum(logits, []float32{1, 0, 0}, nil, 3, 1); !math.IsNaN(loss) {
				t.Errorf("loss of logits %v is %v", logits, loss)
			}
		}
	}
}

func TestSquaredErrors(t *testing.T) {
	out, target := []float64{1, 2, 3, -1}, []float64{0, 1, 1, 0}
	for _, test := range []struct {
		loss Loss
		sum  float64
		grad [4]float64
	}{
		{MSE, 7, [4]float64{1, 1, 2, -1}},
		{MSEMean, 3.5, [4]float64{.5, .5, 1, -.5}},
	} {
		grad := make([]float64, 4)
		sum := Sum(Objective{Loss: test.loss}, out, target, grad, 2, 0.5)
		if sum != test.sum || [4]float64(grad) != test.grad {
			t.Errorf("%v: %v with half its gradient %v, want %v and %v", test.loss, sum, grad, test.sum, test.grad)
		}
		if alone := Sum(Objective{Loss: test.loss}, out, target, nil, 2, 0.5); alone != sum {
			t.Errorf("%v: %v without a gradient, %v with", test.loss, alone, sum)
		}
	}
}

// checkNear reports an error unless got is within tolerance of want.
func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) && got != want {
		t.Errorf("%s is %v, want %v within %g", what, got, want, tolerance)
	}
}
