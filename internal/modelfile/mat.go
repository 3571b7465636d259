package modelfile

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// parseMAT reads a MATLAB file in either of two forms. The first is a cell array named weights (or
// weight, W), as in the networks of LipSDP, with or without one named biases (or bias, b); other
// variables are left out with a note. The second is matrices W1, b1, W2, …, named as names.go
// describes.
func parseMAT(b []byte, o Options) (*model, error) {
	variables, err := readMAT(b)
	if err != nil {
		return nil, err
	}

	m := &model{}
	// Cell arrays are unambiguous, so try them before matrices with numbers in their names.
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

// matCells reads the layers from cell arrays of weights and biases. It returns nil if there is no
// cell array of weights.
func (m *model) matCells(variables []matArray) ([]pair, error) {
	var weights, biases *matArray
	var others []string
	for _, v := range variables {
		layer, role, ok := parseName(v.name)
		place := &weights
		if role.bias {
			place = &biases
		}

		// A file with a whole workspace holds other variables, too.
		if v.class != matCell || !ok || layer != "" {
			others = append(others, v.name)
			continue
		}

		if *place != nil {
			return nil, fmt.Errorf(
				"cell arrays %q and %q have the same role: must be one",
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
		m.addNote("variables left out: %q", others)
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
	// A small file may hold many compressed arrays, so their total size is limited.
	var read input.Quota
	for _, a := range arrays {
		t, err := a.readNumbers()
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
