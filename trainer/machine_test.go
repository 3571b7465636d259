package trainer

import (
	"errors"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// In every run with new inputs, the machine gives the same results as Gorgonia's own, to the bit.
func TestMachineEqualsTapeMachine(t *testing.T) {
	c := testConfig()
	c.Hidden = []int{7, 6}
	data := testData(37, 5, 4)
	ours, theirs := newTestSession[float32](t, c, data), newTestSession[float32](t, c, data)

	for _, g := range theirs.graphs {
		g.machine = G.NewTapeMachine(g.x.Graph())
	}
	for step := range 20 {
		batch := step % ours.batches.batchCount()
		got, err := ours.update(0, batch, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.update(0, batch, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		if got != want || !slices.Equal(ours.model.grad, theirs.model.grad) || !slices.Equal(ours.model.params, theirs.model.params) {
			t.Fatalf("step %d: loss %v, Gorgonia's own machine has %v", step, got, want)
		}
	}
}

// Gorgonia's own operations get their arguments in order, also if an argument occurs twice.
func TestMachineRunsStockOperations(t *testing.T) {
	g := G.NewGraph()
	x := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("x"))
	y := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("y"))
	difference := G.Must(G.Sub(x, y))
	keep := &keepOp{fusedOp: newFusedOp("keep", tensor.Shape{2}, 1, 1)}
	if _, err := G.ApplyOp(keep, G.Must(G.HadamardProd(difference, difference))); err != nil {
		t.Fatal(err)
	}
	m, err := newMachine(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ x, y, want []float64 }{
		{[]float64{5, 1}, []float64{2, 3}, []float64{9, 4}},
		{[]float64{0, 0}, []float64{-1, 7}, []float64{1, 49}},
	} {
		for node, v := range map[*G.Node][]float64{x: test.x, y: test.y} {
			if err := G.Let(node, viewOf(v, 2).tensor); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(keep.seen, test.want) {
			t.Errorf("(%v − %v)² = %v, want %v", test.x, test.y, keep.seen, test.want)
		}
	}

	keep.err = errors.New("out of order")
	err = m.RunAll()
	if !errors.Is(err, keep.err) {
		t.Errorf("error %v does not wrap the operation's", err)
	}
	checkError(t, err, "keep: out of order")
}

// keepOp is the identity and keeps its last input.
type keepOp struct {
	fusedOp
	seen []float64
	err  error
}

func (o *keepOp) Do(inputs ...G.Value) (G.Value, error) {
	v, err := dataOf[float64](inputs[0])
	o.seen = slices.Clone(v)
	return inputs[0], errors.Join(err, o.err)
}
