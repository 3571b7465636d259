package modelfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/npy"
)

// parseNPZ reads an npz file. Its arrays are named as weights and biases in the way that names.go
// describes, or arr_0, arr_1, … if they were saved without names.
func parseNPZ(b []byte, o Options) (*model, error) {
	tensors, err := npzTensors(b)
	if err != nil {
		return nil, err
	}

	m := &model{}
	var pairs []pair
	if slices.ContainsFunc(
		tensors,
		func(t tensor) bool { return !strings.HasPrefix(t.name, "arr_") },
	) {
		pairs, err = m.pairUp(tensors, o.Layers)
	} else {
		pairs, err = pairInOrder(tensors, o.Layers)
	}

	if err != nil {
		return nil, err
	}

	return m, m.layersOf(pairs, o, true)
}

func npzTensors(b []byte) ([]tensor, error) {
	archive, err := npy.ParseArchive(b)
	if err != nil {
		return nil, err
	}

	var tensors []tensor
	for _, name := range archive.Names {
		a, err := archive.Array(name)
		if err != nil {
			return nil, err
		}

		tensors = append(tensors, tensor{name, a.Shape, a.Values})
	}

	return tensors, nil
}

// pairInOrder pairs unnamed arrays in order. Arrays with two axes are weights; the others are their
// biases, one for each weight or none at all. So it reads both savez(W1, b1, W2, b2) and savez(W1,
// W2, b1, b2).
func pairInOrder(tensors []tensor, layerNames []string) ([]pair, error) {
	if layerNames != nil {
		return nil, errLayersGiven
	}

	// arr_10 comes after arr_9, not after arr_1.
	slices.SortFunc(
		tensors,
		func(a, b tensor) int {
			return takeNumbers(a.name).compare(takeNumbers(b.name))
		},
	)

	var pairs []pair
	var biases []tensor
	for _, t := range tensors {
		if len(t.shape) == 2 {
			pairs = append(pairs, pair{weight: t})
		} else {
			biases = append(biases, t)
		}
	}

	if len(biases) == 0 {
		return pairs, nil
	}

	if len(biases) != len(pairs) {
		return nil, fmt.Errorf(
			"%d arrays with two axes (weights) and %d others (biases): must be equally many, or no others",
			len(pairs),
			len(biases),
		)
	}

	for i := range pairs {
		pairs[i].bias = &biases[i]
	}

	return pairs, nil
}
