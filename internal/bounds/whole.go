package bounds

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// Whole are certified upper bounds on the Lipschitz constant of a network of any layers. Of dense
// layers only, they are those of [Bounds]. Else the product knows every layer by its norm, a
// residual block Sx + body(x) by ‖S‖ + Π over the body, a pool by the root of how many windows an
// input is in. The bounds of [Bounds], which need matrices, hold for what lies between two pools,
// where its layers fit in memory as matrices; their product over such stretches holds for the
// network. Whole is not safe for concurrent use.
type Whole struct {
	net       *network.Network
	dense     *Bounds      // of a network of dense layers, in place of all that follows
	tops      []linalg.Top // of each layer
	bodies    []linalg.Top // of each layer of a residual block that of its body's map; else as tops
	skips     []float64    // ≥ the norm of the shortcut of the block that ends with a layer; 1 elsewhere
	stretches []stretch
	reason    string // why no stretch has matrices
}

// stretch is the layers from first to before end, none of them a pool; bounds is nil where they
// have no matrices.
type stretch struct {
	first, end int
	bounds     *Bounds
}

// maxMatrixNumbers bounds the matrices of a network that are written out, in numbers: 128 MiB of
// float64.
const maxMatrixNumbers = 16 << 20

// NewWhole prepares the bounds of a network, whose parameters must not change from then on. It
// costs the certified norms of the layers and, where they are written out, their matrices.
func NewWhole(net *network.Network) (*Whole, error) {
	if err := net.Validate(); err != nil {
		return nil, err
	}

	w := &Whole{net: net}
	if net.IsDense() {
		var err error
		w.dense, err = New(net)
		return w, err
	}

	for i, l := range net.Layers {
		if _, high := l.Activation.SlopeRange(); math.IsNaN(high) || math.IsInf(high, 0) {
			return nil, fmt.Errorf("layer %d: %v has slopes without a finite range", i+1, l.Activation)
		}

		top, body := topsOf(l)
		w.tops = append(w.tops, top)
		w.bodies = append(w.bodies, body)
		w.skips = append(w.skips, 1)
	}

	for i, l := range net.Layers {
		if l.Residual > 0 {
			end := i + l.Residual - 1
			w.skips[end] = shortcutNorm(net.Layers[end])
		}
	}

	return w, w.layOut()
}

// topsOf returns the norm of a layer and, of one in a residual block, that of the body's map.
func topsOf(l network.Layer) (whole, body linalg.Top) {
	if l.Pool != nil {
		c := l.Pool.Lipschitz()
		return linalg.Top{Norm: c, Upper: c}, linalg.Top{Norm: c, Upper: c}
	}

	whole = MapNorm(l.Linear())
	if blocks, is := l.Map.(network.Blocks); is {
		return whole, MapNorm(blocks.Parts[0].Map)
	}
	return whole, whole
}

// layOut finds the stretches and writes out those that have several layers and fit.
func (w *Whole) layOut() error {
	left := maxMatrixNumbers
	for first := 0; first < len(w.net.Layers); {
		end := first
		numbers := 0
		for end < len(w.net.Layers) && w.net.Layers[end].Pool == nil {
			numbers += w.net.Layers[end].In() * w.net.Layers[end].Out()
			end++
		}

		if end == first {
			first++
			continue
		}

		s := stretch{first: first, end: end}
		switch {
		case end-first < 2:
		case numbers > left:
			w.reason = fmt.Sprintf("layers %d to %d would take %.0f MiB as matrices, of %d MiB",
				first+1, end, float64(numbers)/(1<<17), maxMatrixNumbers>>17)
		default:
			left -= numbers
			var err error
			if s.bounds, err = writtenOut(w.net.Layers[first:end]); err != nil {
				return err
			}
		}

		w.stretches = append(w.stretches, s)
		first = end
	}

	return nil
}

// writtenOut returns the bounds of layers as matrices.
func writtenOut(layers []network.Layer) (*Bounds, error) {
	net := &network.Network{}
	for _, l := range layers {
		net.Layers = append(net.Layers, l.WithMatrix())
	}
	return New(net)
}

// Dense returns the bounds of a network of dense layers, nil of another.
func (w *Whole) Dense() *Bounds { return w.dense }

// Layers returns the norms of the layers, with their certificates; of a pool its Lipschitz
// constant, of a layer of a residual block the norm of the body's map.
func (w *Whole) Layers() []linalg.Top {
	if w.dense != nil {
		return w.dense.Layers()
	}
	return w.bodies
}

// Product returns the product over the layers, residual blocks being the norm of their shortcut, 1
// of the identity, + the product over their bodies.
func (w *Whole) Product(n Norm) float64 {
	products := w.Products(n)
	return products[len(products)-1]
}

// Products returns the Product of the first k layers, for each k.
func (w *Whole) Products(n Norm) []float64 {
	if w.dense != nil {
		return w.dense.Products(n)
	}

	products := make([]float64, len(w.net.Layers))
	before, plain := 1.0, 1.0 // of the layers before; the same layer by layer in a residual block
	body, blockEnd := 1.0, -1

	for i, l := range w.net.Layers {
		if l.Residual > 0 {
			plain, body, blockEnd = before, 1, i+l.Residual-1
		}

		if i > blockEnd {
			before = rounding.MulUp(before, rounding.MulUp(w.upper(i, n, false), l.Lipschitz()))
			products[i] = before
			continue
		}

		plain = rounding.MulUp(plain, rounding.MulUp(w.upper(i, n, false), l.Lipschitz()))
		body = rounding.MulUp(body, w.upper(i, n, true))
		if i < blockEnd {
			body = rounding.MulUp(body, l.Activation.Lipschitz())
			products[i] = plain
			continue
		}

		block := rounding.MulUp(before, rounding.Up(w.skip(i, n)+body))
		before = min(plain, rounding.MulUp(block, l.Activation.Lipschitz()))
		products[i] = before
	}

	return products
}

// skip returns a number ≥ the norm of the shortcut of the block that ends with layer i.
func (w *Whole) skip(i int, n Norm) float64 {
	if n == Two {
		return w.skips[i]
	}
	return mapSums(shortcutOf(w.net.Layers[i]), n)
}

// shortcutOf returns the map of the shortcut in the last layer of a residual block, [V S].
func shortcutOf(l network.Layer) network.Linear { return l.Map.(network.Blocks).Parts[1].Map }

// shortcutNorm returns a number ≥ the norm of the shortcut; of the identity it is 1.
func shortcutNorm(l network.Layer) float64 {
	s := shortcutOf(l)
	if sparse, is := s.(network.Sparse); is && sparse.IsIdentity() {
		return 1
	}
	return MapNorm(s).Upper
}

// upper returns a number proved to be ≥ the norm of a layer, or of the body's part of it.
func (w *Whole) upper(i int, n Norm, body bool) float64 {
	l := w.net.Layers[i]
	switch {
	case n == Two && body:
		return w.bodies[i].Upper
	case n == Two:
		return w.tops[i].Upper
	case l.Pool != nil && n == Inf:
		return 1
	case l.Pool != nil:
		return float64(l.Pool.Overlap())
	}

	m := l.Linear()
	if blocks, is := m.(network.Blocks); is && body {
		m = blocks.Parts[0].Map
	}

	return mapSums(m, n)
}

// Matrices lists the parts of the network that have bounds of [Bounds], or says why there are none.
// Their layers have no matrices of their own if the network's have none.
func (w *Whole) Matrices() (parts []*network.Network, reason string) {
	if w.dense != nil {
		return []*network.Network{w.net}, ""
	}

	for _, s := range w.stretches {
		if s.bounds != nil {
			parts = append(parts, &network.Network{Layers: w.net.Layers[s.first:s.end]})
		}
	}

	switch {
	case parts != nil:
		return parts, ""
	case w.reason != "":
		return nil, w.reason
	default:
		return nil, "there are no two layers without a pool between them"
	}
}

// Bound returns the product over the stretches of a bound of [Bounds], of those without matrices of
// their layers' norms; or the Product, if that is less. It is NaN, with the reason, where no
// stretch has matrices.
func (w *Whole) Bound(n Norm, of func(*Bounds, Norm) float64) (bound float64, reason string) {
	if w.dense != nil {
		return of(w.dense, n), ""
	}

	result := 1.0
	next := 0
	for _, s := range w.stretches {
		result = rounding.MulUp(result, w.productOver(next, s.first, n)) // pools
		part := w.productOver(s.first, s.end, n)
		if s.bounds != nil {
			part = min(part, of(s.bounds, n))
		}

		result = rounding.MulUp(result, part)
		next = s.end
	}

	result = rounding.MulUp(result, w.productOver(next, len(w.net.Layers), n))

	if _, reason := w.Matrices(); reason != "" {
		return math.NaN(), reason
	}

	return min(result, w.Product(n)), ""
}

// Best returns the least bound that is cheap.
func (w *Whole) Best(n Norm) float64 {
	if w.dense != nil {
		return w.dense.Best(n)
	}

	best := w.Product(n)
	if bound, reason := w.Bound(n, (*Bounds).Best); reason == "" {
		best = min(best, bound)
	}
	return best
}

// productOver returns the product of the layers from first to before end, each by itself.
func (w *Whole) productOver(first, end int, n Norm) float64 {
	product := 1.0
	for i := first; i < end; i++ {
		product = rounding.MulUp(product, rounding.MulUp(w.upper(i, n, false), w.net.Layers[i].Lipschitz()))
	}
	return product
}
