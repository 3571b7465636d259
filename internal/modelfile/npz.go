package modelfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/npy"
)

// parseNPZ reads the arrays of numpy.savez. Their names are weights and biases of layers as
// names.go tells them apart, or the arr_0, arr_1, … of arrays saved without names.
func parseNPZ(b []byte, o Options) (*model, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	tensors, err := npzTensors(z)
	if err != nil {
		return nil, err
	}
	pair := pairUp
	if !slices.ContainsFunc(tensors, func(t tensor) bool { return !strings.HasPrefix(t.name, "arr_") }) {
		pair = pairInOrder
	}
	pairs, err := pair(tensors)
	if err != nil {
		return nil, err
	}
	m := &model{}
	return m, m.layersOf(pairs, o, true)
}

func npzTensors(z *zip.Reader) ([]tensor, error) {
	var tensors []tensor
	var read quota
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("the archive holds %q, which is no NumPy array%s", f.Name, torchAdvice(f.Name))
		}
		a, err := npzArray(f)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		if err := read.take(len(a.Values)); err != nil {
			return nil, err
		}
		tensors = append(tensors, tensor{name, a.Shape, a.Values})
	}
	return tensors, nil
}

// torchAdvice is for the zip archives that torch.save writes.
func torchAdvice(member string) string {
	if strings.HasSuffix(member, "/data.pkl") {
		return ": PyTorch's pickled objects are not read, because unpickling runs code; " + saveTorch
	}
	return ""
}

func npzArray(f *zip.File) (*npy.Array, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := input.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return npy.Parse(b)
}

// pairInOrder takes arrays without names of their own in order: those of two axes are weights,
// those of one axis, as many or none, their biases, so that both savez(W1, b1, W2, b2) and
// savez(W1, W2, b1, b2) are understood.
func pairInOrder(tensors []tensor) ([]pair, error) {
	slices.SortFunc(tensors, func(a, b tensor) int { return natural(a.name, b.name) })
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
		return nil, fmt.Errorf("%d arrays of two axes, to be weights, and %d others, to be their biases: must be as many, or no others", len(pairs), len(biases))
	}
	for i := range pairs {
		pairs[i].bias = &biases[i]
	}
	return pairs, nil
}
