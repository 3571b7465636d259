package bounds

import (
	"errors"
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// Whole computes certified upper bounds on the Lipschitz constant of a network with any layers. For
// a network of dense layers, they are the bounds of [Bounds]. For other networks, the product uses
// the norm of every layer, ‖S‖ + Π over the body for a residual block Sx + body(x), and for a pool
// the square root of the number of windows that share an input. The bounds of [Bounds] need
// matrices. They are computed for each stretch, the layers between two pools, if these fit in
// memory as matrices; the product over all stretches bounds the network. Whole is not safe for
// concurrent use.
type Whole struct {
	net       *network.Network
	dense     *Bounds        // for a network of dense layers, instead of all that follows
	tops      [][]linalg.Top // by layer: its norm, then the norm of its part in each block around it
	skips     map[part]float64
	stretches []stretch
	reason    string // why a stretch has no matrices
}

// part is a layer's part in the body of the residual block at the given depth of nesting around it;
// depth 0 is the whole layer.
type part struct{ layer, depth int }

// stretch is the layers from first up to, but not including, end, none of them a pool. bounds is
// nil if they have no matrices. Matrices are written out if there are several layers and they fit;
// a single layer would gain nothing.
type stretch struct {
	first, end int
	written    bool
	bounds     *Bounds
}

// maxMatrixNumbers is the largest total number of entries in the matrices that are written out for
// a network: 128 MiB of float64.
const maxMatrixNumbers = 16 << 20

// maxSearchWork limits the work of the searches that Best makes in each stretch. For CNN_1 on MNIST
// they would need 1e11 operations and take 5 s to lower the bound by 3 %.
const maxSearchWork = 2e10

// NewWhole prepares the bounds of a network, whose parameters must not change afterwards. It
// computes the certified norms of the layers and, where they are written out, their matrices.
func NewWhole(net *network.Network) (*Whole, error) {
	return newWhole(net, nil, 0)
}

// Before returns the bounds of a network whose last layers are the layers of w's network from kept
// on. It reuses their norms. The layers before them may be any.
func (w *Whole) Before(net *network.Network, kept int) (*Whole, error) {
	if w.dense != nil {
		return NewWhole(net)
	}
	return newWhole(net, w.tops, kept)
}

// newWhole returns the bounds of a network. known, if not nil, holds the norms of the layers of
// another network, whose layers from kept on are the last layers of net.
func newWhole(net *network.Network, known [][]linalg.Top, kept int) (*Whole, error) {
	if err := net.Validate(); err != nil {
		return nil, err
	}

	w := &Whole{net: net, skips: map[part]float64{}}
	if net.IsDense() {
		var err error
		w.dense, err = New(net)
		return w, err
	}

	for i, l := range net.Layers {
		_, high := l.Activation.SlopeRange()
		if math.IsNaN(high) || math.IsInf(high, 0) {
			return nil, fmt.Errorf("layer %d: %v has slopes without a finite range",
				i+1, l.Activation)
		}

		// Counted from the end, both networks have the same layers.
		of := i - len(net.Layers) + len(known)
		if known != nil && of >= kept {
			w.tops = append(w.tops, known[of])
			continue
		}
		w.tops = append(w.tops, w.topsOf(i))
	}

	return w, w.layOut()
}

// topsOf returns the norm of a layer, followed by the norms of its parts in the residual blocks
// around it, outermost first.
func (w *Whole) topsOf(i int) []linalg.Top {
	var tops []linalg.Top
	for depth := range w.blocksAround(i) + 1 {
		if pool := w.net.Layers[i].Pool; pool != nil {
			c := pool.Lipschitz()
			tops = append(tops, linalg.Top{Norm: c, Upper: c})
			continue
		}
		tops = append(tops, MapNorm(w.mapOf(part{i, depth})))
	}
	return tops
}

// blocksAround returns the number of residual blocks that contain a layer.
func (w *Whole) blocksAround(i int) int {
	count := 0
	for first, l := range w.net.Layers[:i+1] {
		for _, length := range l.Residuals {
			if i < first+length {
				count++
			}
		}
	}
	return count
}

// mapOf returns the linear map of a layer's part. For a layer in a residual block this is one block
// of the layer's own map, next to the shortcut.
func (w *Whole) mapOf(p part) network.Linear {
	m := w.net.Layers[p.layer].Linear()
	for range p.depth {
		m = m.(network.Blocks).Parts[0].Map
	}
	return m
}

// layOut finds the stretches and writes out those that have several layers and fit.
func (w *Whole) layOut() error {
	w.stretches, w.reason = stretchesOf(w.net)
	for i, s := range w.stretches {
		if !s.written {
			continue
		}

		var err error
		w.stretches[i].bounds, err = New(network.WithMatrices(w.net.Layers[s.first:s.end]))
		if err != nil {
			return err
		}
	}

	return nil
}

// stretchesOf returns the stretches of a network, without their bounds, computed from the sizes of
// its layers. reason is not empty if a stretch has several layers and does not fit.
func stretchesOf(net *network.Network) (stretches []stretch, reason string) {
	left := float64(maxMatrixNumbers)
	for first := 0; first < len(net.Layers); {
		end := first
		for end < len(net.Layers) && net.Layers[end].Pool == nil {
			end++
		}

		if end == first {
			first++
			continue
		}

		s := stretch{first: first, end: end}
		numbers := numbersOf(net.Layers[first:end])
		switch {
		case end-first < 2:
		case numbers > left:
			reason = tooLarge(first, end, numbers)
		default:
			left -= numbers
			s.written = true
		}

		stretches = append(stretches, s)
		first = end
	}

	return stretches, reason
}

// tooLarge returns the reason why the layers from first up to, but not including, end are not
// written out: their matrices have too many numbers.
func tooLarge(first, end int, numbers float64) string {
	return fmt.Sprintf("layers %d to %d would take %.0f MiB as matrices, of %d MiB",
		first+1, end, numbers/(1<<17), maxMatrixNumbers>>17)
}

// WrittenOut returns the network with the matrices of all its layers, or the network itself if all
// its layers are dense. It fails if there is a pool or the matrices would take more than 128 MiB.
func WrittenOut(net *network.Network) (*network.Network, error) {
	if net.IsDense() {
		return net, nil
	}

	for i, l := range net.Layers {
		if l.Pool != nil {
			return nil, fmt.Errorf("is for networks without max-pools, which layer %d is",
				i+1)
		}
	}

	numbers := numbersOf(net.Layers)
	if numbers > maxMatrixNumbers {
		return nil, errors.New(tooLarge(0, len(net.Layers), numbers))
	}

	return network.WithMatrices(net.Layers), nil
}

// unrolled returns the network with dense layers only. It fails on a network with residual blocks.
func unrolled(net *network.Network) (*network.Network, error) {
	net, err := WrittenOut(net)
	if err == nil && !net.IsDense() {
		err = errors.New("is for networks without residual blocks")
	}
	return net, err
}

// Admit makes Best take into account a bound in the 2-norm that was proved elsewhere, if one
// stretch is the whole network.
func (w *Whole) Admit(bound float64) {
	switch {
	case w.dense != nil:
		w.dense.Admit(bound)
	case len(w.stretches) == 1 && w.stretches[0].bounds != nil:
		whole := w.stretches[0]
		if whole.first == 0 && whole.end == len(w.net.Layers) {
			whole.bounds.Admit(bound)
		}
	}
}

// Dense returns the bounds of a network of dense layers, and nil for any other network.
func (w *Whole) Dense() *Bounds { return w.dense }

// Layers returns the norms of the layers, with their certificates. For a pool this is its Lipschitz
// constant, and for a layer in residual blocks the norm of its part in the innermost body.
func (w *Whole) Layers() []linalg.Top {
	if w.dense != nil {
		return w.dense.Layers()
	}
	tops := make([]linalg.Top, len(w.tops))
	for i, of := range w.tops {
		tops[i] = of[len(of)-1]
	}
	return tops
}

// Product returns the product over the layers. A residual block contributes the norm of its
// shortcut (1 for the identity) plus the product over its body.
func (w *Whole) Product(n Norm) float64 {
	products := w.Products(n)
	return products[len(products)-1]
}

// Products returns the Product of the first k layers, for each k. If layer k is inside a residual
// block, the layers of that block are multiplied one by one.
func (w *Whole) Products(n Norm) []float64 {
	if w.dense != nil {
		return w.dense.Products(n)
	}

	products := make([]float64, len(w.net.Layers))
	w.multiply(1, n, body{end: len(w.net.Layers)}, products)

	return products
}

// body is the layers from first up to, but not including, end, of the network or of the body of a
// residual block.
type body struct {
	first, end int
	depth      int // number of blocks around the body, including its own
	begun      int // how many of those blocks begin with layer first
	beside     int // width of the shortcuts of those blocks, which pass next to the body
}

// multiply returns start times the Product over a body, and stores the partial products of the
// layers so far in products.
func (w *Whole) multiply(start float64, n Norm, b body, products []float64) float64 {
	for i := b.first; i < b.end; i++ {
		inner, is := w.blockAt(i, b)
		if !is {
			start = rounding.MulUp(start, w.layer(i, n, b))
			products[i] = start
			continue
		}

		// First the block as its layers one by one, then as its shortcut and its body.
		plain := start
		for ; i < inner.end; i++ {
			plain = rounding.MulUp(plain, w.layer(i, n, b))
			products[i] = plain
		}

		// Return to the last layer of the block, where its shortcut joins and its activation acts.
		i--
		around := w.skip(part{i, b.depth}, n)
		within := w.multiply(1, n, inner, make([]float64, inner.end))
		sum := rounding.Up(around + within)
		start = min(plain, rounding.MulUp(rounding.MulUp(start, sum), w.slope(i, b)))
		products[i] = start
	}

	return start
}

// blockAt returns the body of the residual block within b that begins with layer i, if there is
// one.
func (w *Whole) blockAt(i int, b body) (inner body, is bool) {
	begun := 0
	if i == b.first {
		begun = b.begun
	}

	lengths := w.net.Layers[i].Residuals[begun:]
	if len(lengths) == 0 {
		return inner, false
	}

	_, width := w.mapOf(part{i, b.depth}).Dims()

	return body{
		first:  i,
		end:    i + lengths[0],
		depth:  b.depth + 1,
		begun:  begun + 1,
		beside: b.beside + width,
	}, true
}

// layer returns the Lipschitz constant of a layer's part in a body, including its activation there.
func (w *Whole) layer(i int, n Norm, b body) float64 {
	return rounding.MulUp(w.upperBound(part{i, b.depth}, n), w.slope(i, b))
}

// slope returns the Lipschitz constant of the activation after a layer's part in a body. It is 1 in
// the last layer of a residual block's body, because the activation there acts on the sum.
func (w *Whole) slope(i int, b body) float64 {
	l := w.net.Layers[i]
	if b.depth > 0 && i == b.end-1 {
		return 1
	}
	// Some of the units that pass through are shortcuts of the blocks around, not part of the body.
	l.Through -= b.beside
	return l.Lipschitz()
}

// skip returns a number ≥ the norm of the shortcut of the block that ends with a layer's part,
// which is 1 for the identity.
func (w *Whole) skip(p part, n Norm) float64 {
	shortcut := w.mapOf(p).(network.Blocks).Parts[1].Map
	sparse, is := shortcut.(network.Sparse)
	if is && sparse.IsIdentity() {
		return 1
	}

	if n != Two {
		return mapSums(shortcut, n)
	}

	norm, known := w.skips[p]
	if !known {
		norm = MapNorm(shortcut).Upper
		w.skips[p] = norm
	}

	return norm
}

// upperBound returns a number proved to be ≥ the norm of a layer's part.
func (w *Whole) upperBound(p part, n Norm) float64 {
	pool := w.net.Layers[p.layer].Pool
	switch {
	case n == Two:
		return w.tops[p.layer][p.depth].Upper
	case pool != nil && n == Inf:
		return 1
	case pool != nil:
		return float64(pool.Overlap())
	default:
		return mapSums(w.mapOf(p), n)
	}
}

// Matrices returns the parts of the network for which the bounds of [Bounds] are available, or the
// reason why there are none. The layers of the parts have no matrices of their own if the network's
// layers have none.
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

// Bound returns the product over the stretches of a bound of [Bounds], or the Product if that is
// smaller. Stretches without matrices contribute the product of their layers' norms. If no stretch
// has matrices, it returns NaN and the reason.
func (w *Whole) Bound(n Norm, of func(*Bounds, Norm) float64) (bound float64, reason string) {
	if w.dense != nil {
		return of(w.dense, n), ""
	}

	result := 1.0
	next := 0
	for _, s := range w.stretches {
		result = rounding.MulUp(result, w.productOver(next, s.first, n)) // pools
		over := w.productOver(s.first, s.end, n)
		if s.bounds != nil {
			over = min(over, of(s.bounds, n))
		}

		result = rounding.MulUp(result, over)
		next = s.end
	}

	result = rounding.MulUp(result, w.productOver(next, len(w.net.Layers), n))

	if _, reason := w.Matrices(); reason != "" {
		return math.NaN(), reason
	}

	return min(result, w.Product(n)), ""
}

// Best returns the smallest of the cheap bounds and the bounds computed before.
func (w *Whole) Best(n Norm) float64 {
	if w.dense != nil {
		return w.dense.Best(n)
	}

	best := w.Product(n)
	cheapest := func(b *Bounds, n Norm) float64 {
		return b.bestWithin(maxSearchWork, n)
	}
	bound, reason := w.Bound(n, cheapest)
	if reason == "" {
		best = min(best, bound)
	}

	return best
}

// Afford computes as many of the expensive bounds as the work pays for, like [Bounds.Afford]. In a
// network with other than dense layers, each stretch gets an equal share.
func (w *Whole) Afford(work float64) {
	if w.dense != nil {
		w.dense.Afford(work)
		return
	}

	for _, s := range w.stretches {
		if s.bounds != nil {
			s.bounds.Afford(work / float64(len(w.stretches)))
		}
	}
}

// productOver returns the product of the layers from first up to, but not including, end, each
// taken separately.
func (w *Whole) productOver(first, end int, n Norm) float64 {
	product := 1.0
	for i := first; i < end; i++ {
		product = rounding.MulUp(product, w.layer(i, n, body{}))
	}
	return product
}
