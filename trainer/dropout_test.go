package trainer

import (
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// A value is dropped with the given probability and otherwise scaled so that its mean does not
// change. Every batch of every epoch has new masks, which are the same in both precisions.
func TestDropoutMasks(t *testing.T) {
	const rows, p = 400, 0.3
	c := Config{Hidden: []int{50, 30}, Dropout: p, Seed: 7}
	widths := []int{20, 50, 30, 4}
	single := newDropout(c, initialised[float32](Init{TorchInit, 1}, 7, false, widths...).layers, rows)
	double := newDropout(c, initialised[float64](Init{TorchInit, 1}, 7, false, widths...).layers, rows)
	var drawn [][]float64

	for epoch := 1; epoch <= 2; epoch++ {
		for batch := range 2 {
			single.draw(epoch, batch, rows)
			double.draw(epoch, batch, rows)
			for i, mask := range double.masks {
				kept := 0
				for j, m := range mask {
					if m != 0 {
						checkNear(t, "scale", m, 1/(1-p), 1e-15)
						kept++
					}
					if (m == 0) != (single.masks[i][j] == 0) {
						t.Fatalf("layer %d: the precisions drop different values", i+1)
					}
				}

				n := float64(len(mask))
				deviations := math.Abs(float64(kept)-n*(1-p)) / math.Sqrt(n*p*(1-p))
				if deviations > 4 {
					t.Errorf("layer %d: %d of %v values kept", i+1, kept, n)
				}
			}

			for _, before := range drawn {
				if slices.Equal(before, double.masks[0]) {
					t.Errorf("epoch %d, batch %d: a mask drawn before", epoch, batch)
				}
			}

			drawn = append(drawn, slices.Clone(double.masks[0]))
		}
	}
}

// Dropout changes updates, even with the identity as activation, but no evaluation.
func TestDropoutChangesTrainingOnly(t *testing.T) {
	data := testData(50, 5, 4)
	c := testConfig()
	c.Activation = network.Identity
	with, without := c, c
	with.Dropout = 0.5
	first := map[string]Evaluation{}
	last := map[string]float64{}

	for name, c := range map[string]Config{"with": with, "without": without} {
		tr := newTestTrainer(t, c, data)
		epochs := record(tr)
		run(t, t.Context(), tr)
		first[name], last[name] = (*epochs)[0].evaluation, (*epochs)[3].distance
	}
	if first["with"] != first["without"] {
		t.Errorf("at initialisation dropout changes the evaluation: %+v, without %+v", first["with"], first["without"])
	}
	if last["with"] == last["without"] {
		t.Error("dropout changes no update")
	}
}
