package modelfile

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// layersOf builds layers from pairs. With search, all weights are transposed if the layers chain
// only then.
func (m *model) layersOf(pairs []pair, o Options, search bool) error {
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		if err := p.checkShapes(); err != nil {
			return err
		}

		pairs[i].inOut = p.inOut || o.Transposed
	}

	// Some weights chain in both orientations, so try both and note the ambiguity.
	err := fit(pairs)
	if search && !o.Transposed && len(pairs) > 0 {
		other := turned(pairs)
		switch otherFits := fit(other) == nil; {
		case otherFits && err == nil:
			m.addNote(
				"the layers chain both with weights out×in and with weights in×out: taken as %s",
				pairs[0].orientation(),
			)
		case otherFits:
			m.addNote(
				"the layers chain only with weights %s: taken as such",
				other[0].orientation(),
			)
			pairs, err = other, nil
		}
	}

	if err != nil {
		return err
	}

	for _, p := range pairs {
		m.layers = append(m.layers, p.layer())
	}

	return nil
}

// turned returns the pairs with the opposite orientation of their weights.
func turned(pairs []pair) []pair {
	pairs = slices.Clone(pairs)
	for i := range pairs {
		pairs[i].inOut = !pairs[i].inOut
	}
	return pairs
}

// checkShapes returns an error unless the weight is a matrix and the bias a vector of finite
// numbers.
func (p pair) checkShapes() error {
	if _, err := p.weight.matrix(); err != nil {
		return err
	}
	if p.bias == nil {
		return nil
	}
	_, err := p.bias.vector()
	return err
}

func (p pair) orientation() string {
	if p.inOut {
		return "in×out"
	}
	return "out×in"
}

// dims returns the numbers of outputs and inputs of the layer.
func (p pair) dims() (out, in int) {
	if p.inOut {
		return p.weight.shape[1], p.weight.shape[0]
	}
	return p.weight.shape[0], p.weight.shape[1]
}

// fit checks that the layers chain and that each bias has one number for each output.
func fit(pairs []pair) error {
	if len(pairs) == 0 {
		return errNoLayers
	}

	for i, p := range pairs {
		out, in := p.dims()
		if i > 0 {
			before := pairs[i-1]
			outBefore, inBefore := before.dims()
			err := chains(before.weight.name, outBefore, inBefore, p.weight.name, out, in)
			if err != nil {
				return err
			}
		}

		// It was paired by name, so it may belong to another layer.
		if p.norm != nil && len(p.norm.scale) != out {
			return fmt.Errorf(
				"the batch normalisation after %s has %d units, but the layer has %d outputs",
				input.Quote(p.weight.name),
				len(p.norm.scale),
				out,
			)
		}

		if p.bias != nil && len(p.bias.values) != out {
			return fmt.Errorf(
				"%q has %d numbers for the %d outputs of %q (%d×%d, out×in)",
				p.bias.name,
				len(p.bias.values),
				out,
				p.weight.name,
				out,
				in,
			)
		}
	}

	return nil
}

// layer converts a pair that passed check to a layer.
func (p pair) layer() layer {
	w := p.weight
	if p.inOut {
		w = w.transpose()
	}
	l := layer{name: w.name, weight: mat.NewDense(w.shape[0], w.shape[1], w.values)}
	if p.bias != nil {
		l.bias = p.bias.values
	}
	if p.norm != nil {
		affine{p.norm.scale, p.norm.shift}.after(&l)
	}
	return l
}
