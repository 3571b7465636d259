package network

import "slices"

// NewResidual returns x ↦ φ(x + body(x)) as a chain of layers. The inputs pass through next to the
// body:
//
//	[W₁; I], …, [W_m 0; 0 I] with activations on the first parts, then [I I] with φ,
//
// or with [W_m I] at the end if the body ends without an activation. Residuals of the first layer
// holds the number of layers. The body must keep the number of inputs; it may have residual blocks
// of its own.
func NewResidual(body []Layer, a Activation) []Layer {
	return NewShortcut(body, Layer{Map: NewIdentity(body[0].In())}, a)
}

// NewShortcut returns x ↦ φ(S x + b + body(x)) as a chain of layers, like NewResidual, with S, the
// linear map of the shortcut, in place of the identity at the end. The shortcut's own activation is
// ignored.
func NewShortcut(body []Layer, shortcut Layer, a Activation) []Layer {
	width := body[0].In()
	through := NewIdentity(width)
	var chain []Layer
	if doubles(body) {
		both := Blocks{
			Out:   2 * width,
			In:    width,
			Parts: []Block{{through, 0, 0}, {through, width, 0}},
		}
		chain = append(chain, Layer{Map: both})
	}

	for i, l := range body {
		switch {
		case l.Pool != nil:
			chain = append(chain, Layer{
				Pool:       l.Pool.beside(width),
				Activation: l.Activation,
				Through:    l.Through + width,
				Residuals:  l.Residuals,
			})
		case i == len(body)-1 && joins(body):
			chain = append(chain, l.joined(shortcut, a))
		default:
			chain = append(chain, l.besideInput(through, i == 0))
		}
	}

	// The activation of the body's last layer must not act on the shortcut: another layer adds it.
	if !joins(body) {
		end := Layer{Map: NewIdentity(body[len(body)-1].Out())}
		chain = append(chain, end.joined(shortcut, a))
	}

	// This block encloses the blocks that begin with the same layer.
	chain[0].Residuals = slices.Concat([]int{len(chain)}, chain[0].Residuals)

	return chain
}

// doubles reports whether a layer that copies the inputs must precede the body, since a pool cannot
// copy them.
func doubles(body []Layer) bool {
	return body[0].Pool != nil
}

// joins reports whether the last layer of a body also adds the shortcut.
func joins(body []Layer) bool {
	last := body[len(body)-1]
	return len(body) > 1 && last.Pool == nil && last.Activation.IsIdentity()
}

// ShortcutNames returns the names of the layers that NewShortcut makes, given the names of the
// body's layers and of the block. Layers that copy or add are named after the block.
func ShortcutNames(body []Layer, names []string, block string) []string {
	all := slices.Clone(names)
	if doubles(body) {
		all = slices.Insert(all, 0, block)
	}
	if !joins(body) {
		all = append(all, block)
	}
	return all
}

// joined returns [W S], the layer's map next to a shortcut's map of the block's inputs, with the
// activation.
func (l Layer) joined(shortcut Layer, a Activation) Layer {
	parts := []Block{{l.Linear(), 0, 0}, {shortcut.Linear(), 0, l.In()}}
	both := Blocks{
		Out:   l.Out(),
		In:    l.In() + shortcut.In(),
		Parts: parts,
	}

	// The sum of both biases needs memory that neither layer owns.
	bias := l.Bias
	switch {
	case bias == nil:
		bias = shortcut.Bias
	case shortcut.Bias != nil:
		bias = slices.Clone(bias)
		for i, b := range shortcut.Bias {
			bias[i] += b
		}
	}

	return Layer{
		Map:        both,
		Bias:       bias,
		Activation: a,
		Residuals:  l.Residuals,
	}
}

// besideInput returns the layer with the residual block's inputs passing through next to it, by the
// identity through. The first layer's own inputs are the block's inputs.
func (l Layer) besideInput(through Sparse, first bool) Layer {
	width := through.In
	in, out := l.In()+width, l.Out()
	col := l.In()
	if first {
		in, col = l.In(), 0
	}

	wide := Layer{
		Activation: l.Activation,
		Through:    l.Through + width,
		Residuals:  l.Residuals,
	}
	parts := []Block{{l.Linear(), 0, 0}, {through, out, col}}
	wide.Map = Blocks{Out: out + width, In: in, Parts: parts}
	if l.Bias != nil {
		wide.Bias = slices.Concat(l.Bias, make([]float64, width))
	}

	return wide
}
