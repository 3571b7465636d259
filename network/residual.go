package network

import "slices"

// NewResidual makes x ↦ φ(x + body(x)) a chain of layers, whose inputs pass through beside the
// body:
//
//	[W₁; I], …, [W_m 0; 0 I] with activations on the first parts, then [I I] with φ,
//
// or with [W_m I] at the end where the body ends without an activation. The first of the layers
// says in Residual how many there are. The body must keep the number of inputs and have no residual
// layers of its own.
func NewResidual(body []Layer, a Activation) []Layer {
	return NewShortcut(body, Layer{Map: NewIdentity(body[0].In())}, a)
}

// NewShortcut makes x ↦ φ(S x + b + body(x)) a chain of layers as NewResidual does, with S, the
// linear map of the shortcut, in place of the identity at the end. An activation of the shortcut's
// own is not heeded.
func NewShortcut(body []Layer, shortcut Layer, a Activation) []Layer {
	width := body[0].In()
	var chain []Layer
	joined := false
	for i, l := range body {
		last := i == len(body)-1
		switch {
		case l.Pool != nil && i > 0:
			chain = append(chain, Layer{Pool: l.Pool.beside(width), Activation: l.Activation, Through: width})
		case l.Pool != nil:
			doubled := Blocks{Out: 2 * width, In: width, Parts: []Block{
				{NewIdentity(width), 0, 0}, {NewIdentity(width), width, 0},
			}}
			chain = append(chain, Layer{Map: doubled},
				Layer{Pool: l.Pool.beside(width), Activation: l.Activation, Through: width})
		case last && i > 0 && l.Activation.IsIdentity():
			chain = append(chain, l.joined(shortcut, a))
			joined = true
		default:
			chain = append(chain, l.besideInput(width, i == 0))
		}
	}

	if !joined {
		end := Layer{Map: NewIdentity(body[len(body)-1].Out())}
		chain = append(chain, end.joined(shortcut, a))
	}

	chain[0].Residual = len(chain)

	return chain
}

// joined returns [W S], the layer's map and that of a shortcut on the block's inputs, with the
// activation.
func (l Layer) joined(shortcut Layer, a Activation) Layer {
	both := Blocks{Out: l.Out(), In: l.In() + shortcut.In(), Parts: []Block{
		{l.Linear(), 0, 0}, {shortcut.Linear(), 0, l.In()},
	}}

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

	return Layer{Map: both, Bias: bias, Activation: a}
}

// besideInput returns the layer with the residual block's inputs, width of them, passing through
// beside it: of the first layer they are its own.
func (l Layer) besideInput(width int, first bool) Layer {
	in, out := l.In()+width, l.Out()
	col := l.In()
	if first {
		in, col = l.In(), 0
	}

	wide := Layer{Activation: l.Activation, Through: width}
	wide.Map = Blocks{Out: out + width, In: in, Parts: []Block{{l.Linear(), 0, 0}, {NewIdentity(width), out, col}}}
	if l.Bias != nil {
		wide.Bias = slices.Concat(l.Bias, make([]float64, width))
	}

	return wide
}
