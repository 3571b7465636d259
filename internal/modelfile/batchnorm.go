package modelfile

import (
	"fmt"
	"math"
	"math/big"

	"github.com/liptrack/liptrack/internal/input"
)

// The tensors of PyTorch's BatchNorm1d other than weight and bias.
const (
	runningMean     = "running_mean"
	runningVariance = "running_var"
	batchesTracked  = "num_batches_tracked"
)

// torchEpsilon is PyTorch's default of eps. Files with parameters do not store eps.
const torchEpsilon = 1e-5

// normalisation is a batch normalisation in evaluation mode, weight·(x − mean)/√(variance + ε) +
// bias, as scale·x + shift.
type normalisation struct{ scale, shift []float64 }

// appendNormalisation attaches a batch normalisation to the last layer of pairs. The file does not
// say where the activation is. Only if the number of the normalisation directly follows that of the
// layer, as 1 follows 0 in Sequential(Linear, BatchNorm1d, ReLU), can there be none between them.
func (m *model) appendNormalisation(pairs []pair, p *parameters) ([]pair, error) {
	name := input.Quote(p.name())
	if len(pairs) == 0 || pairs[len(pairs)-1].norm != nil {
		return nil, fmt.Errorf("%s: a batch normalisation must follow a linear layer", name)
	}

	// Folding is correct only if there is no activation between the two.
	before := &pairs[len(pairs)-1]
	layer, _, _ := parseName(before.weight.name)
	if !follows(takeNumbers(layer), takeNumbers(p.layer)) {
		return nil, fmt.Errorf(
			"%s: the file does not say whether this batch normalisation comes before or after the activation; "+
				"export the model to ONNX, which does say so",
			name,
		)
	}

	norm, err := normalisationOf(p)
	if err != nil {
		return nil, fmt.Errorf("batch normalisation of %s: %w", name, err)
	}

	before.norm = norm
	m.addNote(
		"the batch normalisation of %s is folded into %s, as in evaluation mode, with PyTorch's default eps %g",
		name,
		input.Quote(before.weight.name),
		torchEpsilon,
	)
	return pairs, nil
}

// follows reports whether the last numbers of two names are n and n+1 and everything else is equal.
func follows(a, b numbered) bool {
	last := len(a.numbers) - 1
	if last < 0 || a.text != b.text || a.compareBefore(b, last) != 0 {
		return false
	}
	// A number in a name may have any number of digits.
	n, _ := new(big.Int).SetString("0"+a.numbers[last], 10)
	return n.Add(n, big.NewInt(1)).String() == b.numbers[last]
}

func (n numbered) compareBefore(other numbered, k int) int {
	return numbered{n.text, n.numbers[:k]}.compare(numbered{n.text, other.numbers[:k]})
}

func normalisationOf(p *parameters) (*normalisation, error) {
	if p.mean == nil || p.variance == nil {
		return nil, fmt.Errorf("it has only one of %s and %s", runningMean, runningVariance)
	}

	var vectors [4][]float64 // weight, bias, mean, variance
	// PyTorch saves weight and bias only with affine=True, so they may be missing.
	for i, t := range []*tensor{p.weight, p.bias, p.mean, p.variance} {
		if t == nil {
			continue
		}

		v, err := t.vector()
		if err != nil {
			return nil, err
		}

		if len(v) != len(p.mean.values) {
			return nil, fmt.Errorf(
				"%s has %d numbers, %s %d",
				input.Quote(t.name),
				len(v),
				input.Quote(p.mean.name),
				len(p.mean.values),
			)
		}

		vectors[i] = v
	}

	norm := &normalisation{}

	// (x − mean)/√(variance + ε)·weight + bias, written as scale·x + shift.
	for i, mean := range vectors[2] {
		variance := vectors[3][i] + torchEpsilon
		if !(variance > 0) {
			return nil, fmt.Errorf("the variance of unit %d is %g", i+1, vectors[3][i])
		}

		scale := entry(vectors[0], i, 1) / math.Sqrt(variance)
		norm.scale = append(norm.scale, scale)
		norm.shift = append(norm.shift, entry(vectors[1], i, 0)-scale*mean)
	}

	return norm, nil
}
