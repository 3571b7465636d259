package trainer

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/liptrack/liptrack/network/losses"
)

// Operations return an error for inputs that their graph was not built for: a different number of
// rows or the other precision.
func TestOperationsRefuseOtherInputs(t *testing.T) {
	m := initialised[float32](Init{TorchInit, 1}, 1, true, 5, 4)
	linear := newLayerOp(m.layers[0], m.grad, 16, false)
	theta, input := newLayerThetaOp(linear), newLayerInputOp(linear)
	loss := newLossOp[float32](losses.Objective{Loss: losses.CrossEntropy}, 16, 4)
	mask := newMaskOp(make([]float32, 16*4), 16, 4)
	single := func(rows, cols int) G.Value { return newBuffer[float32](rows, cols).tensor }
	double := newBuffer[float64](16, 5).tensor

	for name, test := range map[string]struct {
		op     G.Op
		inputs []G.Value
		words  []string
	}{
		"rows of a layer":         {linear, []G.Value{single(15, 5), nil}, []string{"16×5 inputs", "(15, 5)"}},
		"precision of a layer":    {linear, []G.Value{double, nil}, []string{"[]float32", "[]float64"}},
		"precision of an input":   {theta, []G.Value{double, nil, single(16, 4)}, []string{"[]float32", "[]float64"}},
		"precision of a gradient": {theta, []G.Value{single(16, 5), nil, double}, []string{"[]float32", "[]float64"}},
		"precision of a second":   {input, []G.Value{nil, double}, []string{"[]float32", "[]float64"}},
		"rows of a mask":          {mask, []G.Value{single(15, 4)}, []string{"mask of 16×4", "(15, 4)"}},
		"precision of a mask":     {mask, []G.Value{double}, []string{"[]float32", "[]float64"}},
		"rows of outputs":         {loss, []G.Value{single(15, 4), single(15, 4)}, []string{"cross_entropy of 16×4 outputs", "(15, 4)"}},
		"rows of targets":         {loss, []G.Value{single(16, 4), single(15, 4)}, []string{"targets (15, 4)"}},
		"precision of outputs":    {loss, []G.Value{double, single(16, 4)}, []string{"[]float32", "[]float64"}},
		"precision of targets":    {loss, []G.Value{single(16, 4), double}, []string{"[]float32", "[]float64"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.op.Do(test.inputs...)
			checkError(t, err, test.words...)
		})
	}
}

// Hashes must differ, because Gorgonia treats operations with the same hash as the same operation.
func TestOperationsHashApart(t *testing.T) {
	m := initialised[float32](Init{TorchInit, 1}, 1, true, 5, 4)
	seen := map[uint32]G.Op{}
	for range 100 {
		linear := newLayerOp(m.layers[0], m.grad, 16, false)
		loss := newLossOp[float32](losses.Objective{Loss: losses.MSE}, 16, 4)
		for _, op := range []G.Op{linear, newLayerThetaOp(linear), newLayerInputOp(linear), newMaskOp(m.grad, 1, 4), loss, newLossGradOp(loss)} {
			if other, ok := seen[op.Hashcode()]; ok {
				t.Fatalf("%v and %v hash alike", other, op)
			}
			seen[op.Hashcode()] = op
		}
	}
}
