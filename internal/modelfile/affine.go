package modelfile

import "github.com/liptrack/liptrack/network"

// affine is the entrywise map x ↦ scale·x + shift. A nil scale is 1, a nil shift is 0; a scale or
// shift with one entry applies to every entry of x.
type affine struct{ scale, shift []float64 }

// entry returns entry i of a scale or shift; none is the value that nil stands for.
func entry(v []float64, i int, none float64) float64 {
	switch len(v) {
	case 0:
		return none
	case 1:
		return v[0]
	}
	return v[i]
}

func (a affine) isIdentity() bool {
	return a.scale == nil && a.shift == nil
}

// then returns the map a followed by b.
func (a affine) then(b affine) affine {
	// One entry stands for all, so the result has the length of the longest.
	n := max(len(a.scale), len(a.shift), len(b.scale), len(b.shift))
	c := affine{make([]float64, n), make([]float64, n)}
	for i := range n {
		c.scale[i] = entry(a.scale, i, 1) * entry(b.scale, i, 1)
		c.shift[i] = entry(a.shift, i, 0)*entry(b.scale, i, 1) + entry(b.shift, i, 0)
	}
	return c
}

// folds reports whether the map can be folded into layer l, before or after it. A layer with a
// matrix always can; a convolution only if the scale is the same for all entries of a channel of
// its inputs (before) or its outputs (after).
func (a affine) folds(l *layer, before bool) bool {
	// Each row and column of a matrix can be scaled on its own.
	if l.weight != nil {
		return true
	}

	c, is := l.other.Map.(network.Conv)
	switch {
	case !is:
		return a.scale == nil && !before && l.other.Pool == nil && l.other.Through == 0
	case before:
		return a.scalesChannels(c.Shape.In.Channels, c.Shape.In.Plane())
	default:
		return a.scalesChannels(c.Shape.Outs, c.Shape.Places())
	}
}

// scalesChannels reports whether the scale is the same for all entries of each channel.
func (a affine) scalesChannels(channels, plane int) bool {
	if len(a.scale) < 2 {
		return true
	}
	for i, v := range a.scale {
		// A kernel is applied at every place of a channel, so it can absorb only one factor for it.
		if v != a.scale[i/plane*plane] {
			return false
		}
	}
	return len(a.scale) == channels*plane
}

// after folds the map into the layer before it: W ← diag(s)·W, b ← s·b + t.
func (a affine) after(l *layer) {
	a.scaleWeights(l, false)
	// A layer without a bias stays without one if there is no shift, since files and reports show
	// it.
	if l.bias == nil && a.shift == nil {
		return
	}

	bias := make([]float64, l.out())
	for i := range bias {
		bias[i] = entry(l.bias, i, 0)*entry(a.scale, i, 1) + entry(a.shift, i, 0)
	}
	l.bias = bias
}

// before folds the map into the layer after it: b ← W·t + b, W ← W·diag(s). The padding of a
// convolution stays 0: the map does not apply to it.
func (a affine) before(l *layer) {
	// Fold the shift first, since it passes through the unscaled weights.
	if a.shift != nil {
		shift, shifted := make([]float64, l.in()), make([]float64, l.out())
		for i := range shift {
			shift[i] = entry(a.shift, i, 0)
		}
		l.made().Linear().Apply(shift, shifted, 1)
		affine{shift: shifted}.after(l)
	}

	a.scaleWeights(l, true)
}

// scaleWeights multiplies each weight of a layer by the scale of its input (before) or of its
// output.
func (a affine) scaleWeights(l *layer, before bool) {
	if a.scale == nil {
		return
	}

	if l.weight != nil {
		l.weight.Apply(func(i, j int, w float64) float64 {
			if before {
				i = j
			}
			return w * entry(a.scale, i, 1)
		}, l.weight)
		return
	}

	// All entries of a channel have the same factor: take that of the first.
	c := l.other.Map.(network.Conv)
	fan, in := c.Shape.FanIn(), c.Shape.In
	for i := range c.Kernel {
		first := i / fan * c.Shape.Places()
		if before {
			first = i % fan / (fan / in.Channels) * in.Plane()
		}
		c.Kernel[i] *= entry(a.scale, first, 1)
	}
}
