package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
)

// testAttack returns an attack with short steps that reach its radius.
func testAttack(n AttackNorm) Adversarial {
	return Adversarial{Eps: 0.3, Norm: n, Steps: 5, Rate: 0.2, Decay: 0.9, Noise: 1e-4}
}

// Gradients with respect to inputs equal difference quotients of the loss.
func TestInputGradientIsTheDerivative(t *testing.T) {
	data := testData(20, 5, 4)
	const h, tolerance = 1e-6, 1e-8
	eachRegularised(t, func(t *testing.T, c Config) {
		s := newTestSession[float64](t, c, data)
		x, y, _ := s.train.rows(0, 20)
		x = slices.Clone(x)
		grad := slices.Clone(s.evaluator.inputGradient(x, y, 20))

		loss := func(i int, shift float64) float64 {
			point := slices.Clone(x[i/5*5 : i/5*5+5])
			point[i%5] += shift
			out := naiveOutput(s.model, point, nil)
			floats.Scale(c.Temperature, out)
			return naivePointLoss(c.Loss, out, y[i/5*4:i/5*4+4])
		}

		for _, i := range []int{0, 7, 33, 99} {
			checkNear(t, fmt.Sprint("derivative by input ", i), grad[i], (loss(i, h)-loss(i, -h))/(2*h), tolerance)
		}
	})
}

// For two classes and a linear model, the worst point is known: it is at the radius, against the
// difference of the two rows of weights or against its signs.
func TestAttackOnALinearModel(t *testing.T) {
	const rows, dim = 600, 5 // more than one chunk
	data := testData(rows, dim, 2)
	for _, norm := range []AttackNorm{Attack2, AttackInf} {
		c := testConfig()
		c.Hidden, c.BatchSize = nil, rows
		c.Adversarial = testAttack(norm)
		s := newTestSession[float64](t, c, data)
		clean := s.batches.batch(1, 0)
		perturbed := s.attack.perturb(clean, 1, 0)
		from, to := clean.x.Data().([]float64), perturbed.x.Data().([]float64)
		w := s.model.denseLayers()[0].weight()

		for r, label := range data.Train.Labels {
			var length float64
			worst := make([]float64, dim)
			for i := range worst {
				worst[i] = w[(1-label)*dim+i] - w[label*dim+i]
				length += worst[i] * worst[i]
			}

			for i := range worst {
				if norm == AttackInf {
					worst[i] = math.Copysign(1, worst[i])
				} else {
					worst[i] /= math.Sqrt(length)
				}
				checkNear(t, fmt.Sprintf("norm %v: entry %d of point %d", norm, i, r), to[r*dim+i], from[r*dim+i]+0.3*worst[i], 1e-3)
			}
		}
	}
}

// For any network, points stay within the radius and losses rise.
func TestAttackedPoints(t *testing.T) {
	data := testData(50, 5, 4)
	data.RoundFloat32()
	for _, norm := range []AttackNorm{Attack2, AttackInf} {
		for _, rate := range []float64{0.2, 20} {
			c := testConfig()
			c.Hidden, c.Activation, c.BatchSize, c.Dropout = []int{9, 7}, network.LeakyReLU(0.1), 50, 0.5
			c.Adversarial = testAttack(norm)
			c.Adversarial.Rate = rate
			s := newTestSession[float32](t, c, data)
			clean := s.batches.batch(1, 0)
			before := s.evaluate().TrainLoss
			perturbed := s.attack.perturb(clean, 1, 0)
			from, to := clean.x.Data().([]float32), perturbed.x.Data().([]float32)

			for r := range 50 {
				var sum, top float64
				for i := 5 * r; i < 5*r+5; i++ {
					d := math.Abs(float64(to[i]) - float64(from[i]))
					sum, top = sum+d*d, max(top, d)
				}

				distance := top
				if norm == Attack2 {
					distance = math.Sqrt(sum)
				}
				if distance > 0.3+1e-6 {
					t.Errorf("norm %v, rate %v: point %d moved by %v", norm, rate, r, distance)
				}
			}

			moved := points[float32]{dim: 5, outputs: 4, x: to, y: clean.y.Data().([]float32), labels: data.Train.Labels}
			loss, _ := meansOf(s.evaluator.over(moved, 0), moved)
			if rate < 1 && !(loss > before+0.01) {
				t.Errorf("norm %v: the loss went from %v to %v", norm, before, loss)
			}
			if !slices.Equal(from, s.train.x) || before != s.evaluate().TrainLoss {
				t.Error("the attack changed the training points")
			}
		}
	}
}

// An update is an ordinary update on the perturbed batch, with different noise for each batch.
func TestUpdatesOnAttackedPoints(t *testing.T) {
	data := testData(50, 5, 4)
	c := testConfig()
	plain := newTestSession[float64](t, c, data)
	c.Adversarial = testAttack(Attack2)
	c.Adversarial.Noise = 0.1
	attacked := newTestSession[float64](t, c, data)

	for i := range 4 {
		b := attacked.attack.perturb(attacked.batches.batch(1, i), 1, i)
		want, err := plain.graphs[b.rows].runBatch(b.x, b.y)
		if err != nil {
			t.Fatal(err)
		}
		plain.updater.update(plain.model.params, plain.model.grad, 0.1)
		if got, err := attacked.update(1, i, 0.1); err != nil || got != want {
			t.Errorf("batch %d: loss %v, error %v; want %v", i, got, err, want)
		}
		if !slices.Equal(plain.model.params, attacked.model.params) {
			t.Fatalf("batch %d: the parameters differ", i)
		}
	}

	a := slices.Clone(attacked.attack.perturb(attacked.batches.batch(1, 0), 1, 0).x.Data().([]float64))
	if slices.Equal(a, attacked.attack.perturb(attacked.batches.batch(1, 0), 2, 0).x.Data().([]float64)) {
		t.Error("two epochs begin from the same noise")
	}
}
