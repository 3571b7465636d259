package trainer

import (
	"cmp"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// The evaluator works in chunks. The cases are less than one chunk, exactly one, and two with a
// remainder.
func TestEvaluatorEqualsGraph(t *testing.T) {
	for _, n := range []int{1, 30, evaluationRows, 2*evaluationRows + 33} {
		data := testData(n, 5, 4)
		for _, loss := range everyLoss {
			for _, bias := range []bool{false, true} {
				c := testConfig()
				c.Hidden, c.Loss, c.Bias, c.BatchSize = []int{9, 7}, loss, bias, n
				if bias {
					c.Temperature = 0.3
				}
				// Up to 545 points are summed in a different order.
				testEvaluator[float64](t, c, data, 1e-12)
				testEvaluator[float32](t, c, data, 1e-5)
			}
		}
	}
}

func testEvaluator[T linalg.Float](t *testing.T, c Config, data *dataset.Dataset, tolerance float64) {
	t.Helper()
	s := newTestSession[T](t, c, data)
	b := s.batches.batch(1, 0)
	loss, err := s.graphs[b.rows].runBatch(b.x, b.y)
	if err != nil {
		t.Fatal(err)
	}
	e := s.evaluate()
	checkNear(t, "training loss", e.TrainLoss, loss, tolerance*max(1, loss))
	norm := math.Sqrt(linalg.SumSquares(s.model.grad))
	checkNear(t, "gradient norm", e.GradNorm, norm, tolerance*max(1, norm))

	for i := range s.evaluator.grad {
		s.evaluator.grad[i] /= T(b.rows)
	}
	checkClose(t, "gradient", s.evaluator.grad, s.model.grad, tolerance)
	if again := s.evaluate(); again.TrainLoss != e.TrainLoss || again.GradNorm != e.GradNorm {
		t.Errorf("evaluated again: %+v, before %+v", again, e)
	}
}

func TestEvaluationByDefinition(t *testing.T) {
	data := testData(150, 5, 4)
	for _, loss := range everyLoss {
		c := testConfig()
		c.Loss, c.Dropout, c.Temperature = loss, 0.5, 3 // evaluation ignores dropout
		s := newTestSession[float64](t, c, data)
		e := s.evaluate()
		trainLoss, trainAccuracy := naiveEvaluation(s.model, c.objective(), data.Train)
		testLoss, testAccuracy := naiveEvaluation(s.model, c.objective(), data.Test)
		checkNear(t, "training loss", e.TrainLoss, trainLoss, stockTolerance)
		checkNear(t, "test loss", e.TestLoss, testLoss, stockTolerance)
		checkNear(t, "training accuracy", e.TrainAccuracy, trainAccuracy, 1e-15)
		checkNear(t, "test accuracy", e.TestAccuracy, testAccuracy, 1e-15)
	}
}

func naiveEvaluation(m *model[float64], o losses.Objective, s dataset.Split) (loss, accuracy float64) {
	for i, label := range s.Labels {
		out := naiveOutput(m, s.X.RawRowView(i), nil)
		target := make([]float64, len(out))
		target[label] = 1
		best := true

		for _, v := range out {
			best = best && v <= out[label]
		}
		if best {
			accuracy++
		}
		floats.Scale(cmp.Or(o.Temperature, 1), out)
		loss += naivePointLoss(o.Loss, out, target)
	}

	n := float64(s.Len())
	return loss / n, accuracy / n
}

func TestEvaluationWithoutTestPoints(t *testing.T) {
	data := testData(20, 5, 4)
	data.Test = dataset.Split{}
	e := newTestSession[float32](t, testConfig(), data).evaluate()
	if !math.IsNaN(e.TestLoss) || !math.IsNaN(e.TestAccuracy) {
		t.Errorf("test loss %v, test accuracy %v; want NaN", e.TestLoss, e.TestAccuracy)
	}
	if math.IsNaN(e.TrainLoss) || math.IsNaN(e.GradNorm) {
		t.Errorf("training loss %v, gradient norm %v", e.TrainLoss, e.GradNorm)
	}
}

// Evaluation does not affect training: it changes no parameter and no gradient.
func TestEvaluationLeavesTrainingAlone(t *testing.T) {
	data := testData(50, 5, 4)
	seen, unseen := newTestTrainer(t, testConfig(), data), newTestTrainer(t, testConfig(), data)
	seen.OnEpoch("evaluating", evaluating)
	run(t, t.Context(), seen)
	run(t, t.Context(), unseen)
	checkSameState(t, seen.State(), unseen.State())
}

func TestCountCorrect(t *testing.T) {
	nan := math.NaN()
	out := []float64{
		1, 2, 0,
		5, 5, 4, // the first of equal entries counts
		-3, -2, -1,
		nan, nan, nan,
	}

	for _, test := range []struct {
		labels []int
		want   int
	}{{[]int{1, 0, 2, 0}, 4}, {[]int{1, 1, 2, 1}, 2}, {[]int{0, 2, 0, 2}, 0}} {
		if got := countCorrect(out, test.labels, 3); got != test.want {
			t.Errorf("%d correct with labels %v, want %d", got, test.labels, test.want)
		}
	}
}
