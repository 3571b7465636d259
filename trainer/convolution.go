package trainer

import (
	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// convolution is the module x ↦ φ(K∗x + b). Its kernel, outs×(in channels·height·width), comes
// first in theta, followed by one bias per output channel. Large batches are processed in two
// halves, no matter by how many processors, so that the order of sums depends only on the batch.
type convolution[T linalg.Float] struct {
	learned[T]
	conv   conv.Conv
	signal bool
	halves *[2]half[T]
}

// half holds the scratch memory for half a batch.
type half[T linalg.Float] struct {
	scratch conv.Scratch[T]
	grad    []T // with respect to θ, in the second half only
}

func newConvolution[T linalg.Float](s *stage) *convolution[T] {
	return &convolution[T]{
		learned: newLearned[T](s),
		conv:    s.conv,
		signal:  s.signal,
		halves:  new([2]half[T]),
	}
}

func (c *convolution[T]) dims() (in, out int) {
	return c.conv.In.Size(), c.conv.Out().Size()
}

func (c *convolution[T]) kernel() []T {
	return c.theta[:c.conv.Kernel()]
}

func (c *convolution[T]) bias() []T {
	return c.theta[c.conv.Kernel():]
}

func (c *convolution[T]) draw(draw drawer) []float64 {
	return c.drawn(draw, fans{c.conv.Outs, c.conv.FanIn(), c.conv.FanOut()})
}

func (c *convolution[T]) clone() module[T] {
	other := *c
	other.halves = new([2]half[T]) // scratch memory belongs to one goroutine
	return &other
}

// sharedFrom is the smallest number of multiply-adds for which the halves of a batch are worth two
// processors.
const sharedFrom = 1 << 20

func (c *convolution[T]) sharesOut(rows int) bool {
	return rows > 1 && rows*c.conv.Kernel()*c.conv.Places() >= sharedFrom
}

// inHalves calls do once for all rows of a small batch, or for each half of a large one.
func (c *convolution[T]) inHalves(n int, do func(h, from, count int)) {
	middle := (n + 1) / 2

	// Whether there are halves depends on the batch alone, so the order of sums does too.
	switch {
	case !c.sharesOut(n):
		do(0, 0, n)
	case c.whole:
		do(0, 0, middle)
		do(1, middle, n-middle)
	default:
		processors.Both(func() {
			do(0, 0, middle)
		}, func() {
			do(1, middle, n-middle)
		})
	}
}

func (c *convolution[T]) regions() []region[T] {
	shape := []int{c.conv.Outs, c.conv.In.Channels, c.conv.Size[0], c.conv.Size[1]}
	if c.signal {
		shape = []int{c.conv.Outs, c.conv.In.Channels, c.conv.Size[1]}
	}
	return namedRegions(c.name, c.kernel(), shape, c.bias())
}

func (c *convolution[T]) measured(theta []T) (layers []network.Layer, names []string) {
	kernel := c.conv.Kernel()
	weight, bias := toFloat64(theta[:kernel]), toFloat64(theta[kernel:])
	made := network.NewConvLayer(c.conv, weight, bias, c.activation)
	return []network.Layer{made}, []string{weightOf(c.name)}
}

func (c *convolution[T]) newTrail(rows int) *trail[T] {
	return newTrailOf[T](c.activation, rows*c.conv.Out().Size())
}

// forward processes each half in groups of points whose columns fit in the scratch memory. It
// applies the activation to each group while its values are in the cache.
func (c *convolution[T]) forward(x []T, r *trail[T], n int) {
	in, out := c.dims()

	c.inHalves(n, func(h, from, count int) {
		for first := from; first < from+count; {
			group := min(c.conv.Group(count), from+count-first)
			begin, end := first*out, (first+group)*out
			value := r.value[begin:end]
			conv.Forward(c.conv, c.kernel(), x[first*in:], value, group, &c.halves[h].scratch)
			c.addBias(value)
			c.activate(r, begin, end)

			first += group
		}
	})
}

// addBias adds to every number the bias of its channel.
func (c *convolution[T]) addBias(value []T) {
	places, bias := c.conv.Places(), c.bias()
	if len(bias) == 0 {
		return
	}

	for i := 0; i < len(value); i += places {
		b := bias[i/places%len(bias)]
		plane := value[i : i+places]
		for j := range plane {
			plane[j] += b
		}
	}
}

func (c *convolution[T]) backwardActivation(delta []T, r *trail[T], n int) {
	c.gate(delta[:n*c.conv.Out().Size()], r, 0)
}

// backwardTheta adds the halves' gradients in the order of the halves.
func (c *convolution[T]) backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T) {
	in, out := c.dims()
	kernel := c.conv.Kernel()
	if c.sharesOut(n) && c.halves[1].grad == nil {
		c.halves[1].grad = make([]T, len(c.theta))
	}

	c.inHalves(n, func(h, from, count int) {
		// The second half has its own gradient, so that no two goroutines add to the same number.
		to, keep := grad, beta
		if h == 1 {
			to, keep = c.halves[1].grad, 0
		}

		for first := from; first < from+count; {
			group := min(c.conv.Group(count), from+count-first)
			part := delta[first*out : (first+group)*out]
			c.gate(part, r, first*out)

			scratch := &c.halves[h].scratch
			conv.KernelGradient(c.conv, x[first*in:], part, to, group, keep, scratch)
			c.biasGradient(to[kernel:], part, keep)
			first, keep = first+group, 1 // later groups are added
		}
	})

	// Always first half + second half, regardless of which was ready first.
	if c.sharesOut(n) {
		vec.Add(grad[:len(c.theta)], c.halves[1].grad)
	}
}

// biasGradient computes grad = beta·grad + the sums of delta over points and places.
func (c *convolution[T]) biasGradient(grad, delta []T, beta T) {
	if len(grad) == 0 {
		return
	}
	if beta == 0 {
		clear(grad)
	}

	places := c.conv.Places()
	for i := 0; i < len(delta); i += places {
		grad[i/places%len(grad)] += vec.Sum(delta[i : i+places])
	}
}

func (c *convolution[T]) backwardInput(delta, dx []T, _ *trail[T], n int) {
	in, out := c.dims()
	c.inHalves(n, func(h, from, count int) {
		scratch := &c.halves[h].scratch
		conv.Adjoint(c.conv, c.kernel(), delta[from*out:], dx[from*in:], count, scratch)
	})
}
