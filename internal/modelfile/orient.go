package modelfile

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// layersOf makes layers of pairs. With search the weights are turned the other way round if only
// so the layers chain.
func (m *model) layersOf(pairs []pair, o Options, search bool) error {
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		if err := p.check(); err != nil {
			return err
		}

		pairs[i].inOut = p.inOut || o.Transposed
	}

	// Square weights chain both ways, so that both ways are tried and the doubt is told.
	err := fit(pairs)
	if search && !o.Transposed && len(pairs) > 0 {
		other := turned(pairs)
		switch otherFits := fit(other) == nil; {
		case otherFits && err == nil:
			m.note(
				"the layers chain with weights out×in and with weights in×out: taken as %s",
				pairs[0].orientation(),
			)
		case otherFits:
			m.note("the layers chain only with weights %s: taken so", other[0].orientation())
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

// turned returns the pairs with their weights the other way round.
func turned(pairs []pair) []pair {
	pairs = slices.Clone(pairs)
	for i := range pairs {
		pairs[i].inOut = !pairs[i].inOut
	}
	return pairs
}

// check wants a matrix and a vector, all finite.
func (p pair) check() error {
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

// dims returns the layer's outputs and inputs.
func (p pair) dims() (out, in int) {
	if p.inOut {
		return p.weight.shape[1], p.weight.shape[0]
	}
	return p.weight.shape[0], p.weight.shape[1]
}

// fit checks that the layers chain and that each bias has as many numbers as its layer outputs.
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

		// It was paired by its name, so it may belong to another layer.
		if p.norm != nil && len(p.norm.scale) != out {
			return fmt.Errorf(
				"the batch normalisation after %s is of %d units, not of its %d outputs",
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

// layer returns the pair, checked, as a layer.
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
