package network

import "slices"

// NewResidual is x ↦ φ(x + body(x)) as a chain of layers, whose inputs pass through beside the
// body:
//
//	[W₁; I], …, [W_m 0; 0 I] with activations on the first parts, then [I I] with φ,
//
// or with [W_m I] at the end where the body ends without an activation. The first of the layers
// says in Residual how many there are. The body must keep the number of inputs and have no residual
// layers of its own.
func NewResidual(body []Layer, a Activation) []Layer {
	width := body[0].In()
	var chain []Layer
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
			joined := Blocks{Out: width, In: l.In() + width, Parts: []Block{
				{l.Linear(), 0, 0}, {NewIdentity(width), 0, l.In()},
			}}
			chain = append(chain, Layer{Map: joined, Bias: l.Bias, Activation: a})
		default:
			chain = append(chain, l.besideInput(width, i == 0))
		}
	}

	if l := chain[len(chain)-1]; l.Out() > width {
		joined := Blocks{Out: width, In: 2 * width, Parts: []Block{
			{NewIdentity(width), 0, 0}, {NewIdentity(width), 0, width},
		}}
		chain = append(chain, Layer{Map: joined, Activation: a})
	}

	chain[0].Residual = len(chain)

	return chain
}

// besideInput is the layer with the residual block's inputs, width of them, passing through beside
// it: of the first layer they are its own.
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
