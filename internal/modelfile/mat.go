package modelfile

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// parseMAT reads either a cell array named weights (or weight, W), as LipSDP's networks have it,
// with or without one named biases (or bias, b), other variables being left out with a note; or
// matrices W1, b1, W2, … as names.go tells them apart.
func parseMAT(b []byte, o Options) (*model, error) {
	variables, err := readMAT(b)
	if err != nil {
		return nil, err
	}

	m := &model{}
	// Cell arrays are the surer form; matrices with numbers in their names come second.
	pairs, err := m.matCells(variables)
	if err == nil && pairs == nil {
		var tensors []tensor
		if tensors, err = matTensors(variables); err == nil {
			pairs, err = m.pairUp(tensors, o.Layers)
		}
	}

	if err != nil {
		return nil, err
	}

	return m, m.layersOf(pairs, o, true)
}

// matCells reads the layers from cell arrays of weights and biases, nil without one of weights.
func (m *model) matCells(variables []matArray) ([]pair, error) {
	var weights, biases *matArray
	var others []string
	for _, v := range variables {
		layer, role, ok := parseName(v.name)
		place := &weights
		if role.bias {
			place = &biases
		}

		// Files of whole workspaces hold other variables, too.
		if v.class != matCell || !ok || layer != "" {
			others = append(others, v.name)
			continue
		}

		if *place != nil {
			return nil, fmt.Errorf(
				"cell arrays %q and %q: one of them too many",
				(*place).name,
				v.name,
			)
		}

		*place = &v
	}

	if weights == nil {
		return nil, nil
	}

	if len(others) > 0 {
		m.note("variables left out: %q", others)
	}

	return pairCells(weights, biases)
}

func pairCells(weights, biases *matArray) ([]pair, error) {
	w, err := matCellTensors(weights)
	if err != nil {
		return nil, err
	}

	pairs := make([]pair, len(w))
	for i := range w {
		pairs[i].weight = w[i]
	}

	if biases == nil {
		return pairs, nil
	}

	b, err := matCellTensors(biases)
	if err != nil {
		return nil, err
	}

	if len(b) != len(w) {
		return nil, fmt.Errorf(
			"%d cells in %q, but %d in %q",
			len(b),
			biases.name,
			len(w),
			weights.name,
		)
	}

	for i := range b {
		pairs[i].bias = &b[i]
	}

	return pairs, nil
}

func matCellTensors(a *matArray) ([]tensor, error) {
	cells, err := a.cells()
	if err != nil {
		return nil, err
	}
	return matTensors(cells)
}

func matTensors(arrays []matArray) ([]tensor, error) {
	var tensors []tensor
	// A small file may hold many compressed arrays, so their sum is limited.
	var read input.Quota
	for _, a := range arrays {
		t, err := a.numbers()
		if err != nil {
			return nil, err
		}

		if err := read.Take(len(t.values)); err != nil {
			return nil, err
		}

		tensors = append(tensors, t)
	}

	return tensors, nil
}
