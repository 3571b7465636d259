package trainer

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// machine is a Gorgonia virtual machine that runs the operations of a graph in order on the
// caller's goroutine. Gorgonia's TapeMachine computes the same, but on its own goroutine while the
// caller's thread is locked. That takes two thread switches, which cost a small network as much as
// its arithmetic. It also drops every buffer between runs, whereas these operations keep theirs.
type machine struct {
	steps  []step
	values []G.Value // of every node
	inputs []input
}

// step is one operation: where its arguments come from and where its value goes.
type step struct {
	op   G.Op
	from []int
	args []G.Value
	to   int
}

// input is a node that takes its value from outside the graph.
type input struct {
	node *G.Node
	to   int
}

var _ G.VM = (*machine)(nil)

// newMachine compiles a graph.
func newMachine(g *G.ExprGraph) (*machine, error) {
	sorted, err := G.Sort(g) // results before their arguments
	if err != nil {
		return nil, err
	}

	m := &machine{values: make([]G.Value, len(sorted))}
	// In reverse order, every operation comes after its arguments.
	slot := map[int64]int{}
	for to := range sorted {
		n := sorted[len(sorted)-1-to]
		slot[n.ID()] = to
		children := g.From(n.ID())
		if n.Op() == nil || children.Len() == 0 {
			m.inputs = append(m.inputs, input{n, to})
			continue
		}

		s := step{op: n.Op(), to: to}
		for children.Next() {
			s.from = append(s.from, slot[children.Node().ID()])
		}

		s.args = make([]G.Value, len(s.from))
		m.steps = append(m.steps, s)
	}

	return m, nil
}

// RunAll implements [G.VM].
func (m *machine) RunAll() error {
	// Batches are set by Let between runs.
	for _, in := range m.inputs {
		m.values[in.to] = in.node.Value()
	}

	// Arguments are looked up in each run, because an operation may return a different value than
	// before.
	for _, s := range m.steps {
		for i, from := range s.from {
			s.args[i] = m.values[from]
		}

		value, err := s.op.Do(s.args...)
		if err != nil {
			return fmt.Errorf("%v: %w", s.op, err)
		}

		m.values[s.to] = value
	}

	return nil
}

// Reset implements [G.VM]; there is nothing to forget between runs.
func (m *machine) Reset() {}

// Close implements [G.VM].
func (m *machine) Close() error { return nil }
