package network

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
)

// Linear is a linear map with more structure than its matrix A, out×in, which may be too large to
// write out. It is a [Dense], [Conv], [Sparse] or [Blocks].
type Linear interface {
	Dims() (out, in int)
	// Apply computes n rows of y = A·x, for n rows of x; Adjoint n rows of x = Aᵀ·y. Both are safe
	// for concurrent use.
	Apply(x, y []float64, n int)
	Adjoint(y, x []float64, n int)
	// Mapped returns the map whose matrix is A with f applied to every entry; f(0) must be 0.
	Mapped(f func(float64) float64) Linear
	// Row calls visit for the entries of row i of A that may differ from 0, each once.
	Row(i int, visit func(j int, v float64))
	// Parameters returns the number of free numbers in A, Biases the number of free biases of a
	// layer with this map.
	Parameters() int
	Biases() int
}

// operator is a linear map in one precision, with scratch memory of its own.
type operator[T linalg.Float] interface {
	forward(x, y []T, n int)
	adjoint(y, x []T, n int)
	// share returns the operator for use by another goroutine.
	share() operator[T]
}

// operatorOf returns a map in the precision T.
func operatorOf[T linalg.Float](l Linear) operator[T] {
	switch l := l.(type) {
	case Dense:
		out, in := l.Dims()
		return &matrixOperator[T]{out, in, converted[T](contiguous(l.M))}
	case Conv:
		return &convOperator[T]{shape: l.Shape, kernel: converted[T](l.Kernel)}
	case Sparse:
		return &sparseOperator[T]{l.In, l.Inputs, converted[T](l.Values)}
	case Blocks:
		return newBlockOperator[T](l)
	}
	panic(fmt.Sprintf("network: %T is not a linear map of this package", l))
}

// Matrix returns the matrix of a map.
func Matrix(l Linear) *mat.Dense {
	out, in := l.Dims()
	m := mat.NewDense(out, in, nil)
	for i := range out {
		row := m.RawRowView(i)
		l.Row(i, func(j int, v float64) { row[j] = v })
	}
	return m
}

// WithMatrices returns the network of the layers with their maps as matrices (see
// [Layer.WithMatrix]).
func WithMatrices(layers []Layer) *Network {
	net := &Network{Layers: make([]Layer, len(layers))}
	for i, l := range layers {
		net.Layers[i] = l.WithMatrix()
	}
	return net
}

// WithMatrix returns the same layer with its map as a matrix, in which the shortcut of a residual
// block can no longer be told apart. A pool has no matrix and is returned unchanged.
func (l Layer) WithMatrix() Layer {
	if l.Pool != nil {
		return l
	}

	l.Weight = Matrix(l.Linear())
	l.Map, l.Residuals = nil, nil

	return l
}

// FrobeniusNorm returns the root of the sum of the squares of a map's entries.
func FrobeniusNorm(l Linear) float64 {
	out, _ := l.Dims()
	var norm float64
	var row []float64
	for i := range out {
		row = row[:0]
		l.Row(i, func(_ int, v float64) { row = append(row, v) })

		// Hypot neither overflows nor underflows on the way.
		norm = math.Hypot(norm, floats.Norm(row, 2))
	}
	return norm
}

// FrobeniusNorm returns the Frobenius norm of a layer's linear map; 1 for a pool.
func (l Layer) FrobeniusNorm() float64 {
	switch {
	case l.Pool != nil:
		return 1
	case l.Map != nil:
		return FrobeniusNorm(l.Map)
	default:
		return linalg.FrobeniusNorm(l.Weight)
	}
}

// mapped returns f of every number of v.
func mapped(v []float64, f func(float64) float64) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = f(x)
	}
	return w
}

// Dense is a matrix as a Linear, for use as a block of a larger map.
type Dense struct{ M *mat.Dense }

// Dims implements [Linear], as the other methods do.
func (d Dense) Dims() (out, in int) { return d.M.Dims() }

// Apply implements [Linear].
func (d Dense) Apply(x, y []float64, n int) {
	operatorOf[float64](d).forward(x, y, n)
}

// Adjoint implements [Linear].
func (d Dense) Adjoint(y, x []float64, n int) {
	operatorOf[float64](d).adjoint(y, x, n)
}

// Mapped implements [Linear].
func (d Dense) Mapped(f func(float64) float64) Linear {
	out, in := d.Dims()
	return Dense{mat.NewDense(out, in, mapped(contiguous(d.M), f))}
}

// Row implements [Linear].
func (d Dense) Row(i int, visit func(j int, v float64)) {
	for j, v := range d.M.RawRowView(i) {
		visit(j, v)
	}
}

// Parameters implements [Linear].
func (d Dense) Parameters() int {
	out, in := d.Dims()
	return out * in
}

// Biases implements [Linear].
func (d Dense) Biases() int {
	out, _ := d.Dims()
	return out
}

type matrixOperator[T linalg.Float] struct {
	out, in int
	w       []T
}

func (m *matrixOperator[T]) share() operator[T] {
	return m
}

func (m *matrixOperator[T]) forward(x, y []T, n int) {
	linalg.Gemm(false, true, n, m.out, m.in, 1, x, m.in, m.w, m.in, 0, y, m.out)
}

func (m *matrixOperator[T]) adjoint(y, x []T, n int) {
	linalg.Gemm(false, false, n, m.in, m.out, 1, y, m.out, m.w, m.in, 0, x, m.in)
}

// Conv is a convolution as a Linear.
type Conv struct {
	Shape  conv.Conv
	Kernel []float64 // outs×(in channels·height·width of the window), row-major
}

// NewConvLayer returns a convolutional layer with a bias for every output channel; a nil bias means
// none.
func NewConvLayer(shape conv.Conv, kernel, bias []float64, a Activation) Layer {
	l := Layer{Map: Conv{shape, kernel}, Activation: a}
	if bias == nil {
		return l
	}

	places := shape.Places()
	l.Bias = make([]float64, shape.Out().Size())
	// All places of a channel share one bias.
	for i := range l.Bias {
		l.Bias[i] = bias[i/places]
	}

	return l
}

// Dims implements [Linear], as the other methods do.
func (c Conv) Dims() (out, in int) {
	return c.Shape.Out().Size(), c.Shape.In.Size()
}

// scratches keeps the scratch memory of convolutions between calls of Apply and Adjoint.
var scratches = sync.Pool{New: func() any {
	return new(conv.Scratch[float64])
}}

// Apply implements [Linear].
func (c Conv) Apply(x, y []float64, n int) {
	s := scratches.Get().(*conv.Scratch[float64])
	defer scratches.Put(s)
	conv.Forward(c.Shape, c.Kernel, x, y, n, s)
}

// Adjoint implements [Linear].
func (c Conv) Adjoint(y, x []float64, n int) {
	s := scratches.Get().(*conv.Scratch[float64])
	defer scratches.Put(s)
	conv.Adjoint(c.Shape, c.Kernel, y, x, n, s)
}

// Mapped implements [Linear].
func (c Conv) Mapped(f func(float64) float64) Linear {
	return Conv{c.Shape, mapped(c.Kernel, f)}
}

// Row implements [Linear].
func (c Conv) Row(i int, visit func(j int, v float64)) {
	fan := c.Shape.FanIn()
	kernel := c.Kernel[i/c.Shape.Places()*fan:][:fan]
	c.Shape.EachInput(i%c.Shape.Places(), func(entry, input int) {
		visit(input, kernel[entry])
	})
}

// Parameters implements [Linear].
func (c Conv) Parameters() int { return len(c.Kernel) }

// Biases implements [Linear].
func (c Conv) Biases() int { return c.Shape.Outs }

type convOperator[T linalg.Float] struct {
	shape   conv.Conv
	kernel  []T
	scratch conv.Scratch[T]
}

func (c *convOperator[T]) share() operator[T] {
	return &convOperator[T]{shape: c.shape, kernel: c.kernel}
}

func (c *convOperator[T]) forward(x, y []T, n int) {
	conv.Forward(c.shape, c.kernel, x, y, n, &c.scratch)
}

func (c *convOperator[T]) adjoint(y, x []T, n int) {
	conv.Adjoint(c.shape, c.kernel, y, x, n, &c.scratch)
}

// Sparse is a map with few entries other than 0, all equal within a row, such as an average pool or
// the identity.
type Sparse struct {
	In     int
	Inputs [][]int32 // for each output, each input once
	Values []float64 // for each output
}

// NewAvgPool returns the map that takes the mean over each window of a grid. If counted, the mean
// includes the zeros of the padding.
func NewAvgPool(g conv.Grid, counted bool) Sparse {
	s := Sparse{In: g.In.Size(), Inputs: g.Windows()}
	for _, inputs := range s.Inputs {
		count := len(inputs)
		if counted {
			count = g.Size[0] * g.Size[1]
		}
		s.Values = append(s.Values, 1/float64(count))
	}
	return s
}

// NewIdentity returns the identity of n numbers.
func NewIdentity(n int) Sparse {
	s := Sparse{
		In:     n,
		Inputs: make([][]int32, n),
		Values: make([]float64, n),
	}
	for i := range n {
		s.Inputs[i], s.Values[i] = []int32{int32(i)}, 1
	}
	return s
}

// IsIdentity reports whether the map returns its input unchanged.
func (s Sparse) IsIdentity() bool {
	if s.In != len(s.Inputs) {
		return false
	}
	for i, inputs := range s.Inputs {
		if len(inputs) != 1 || int(inputs[0]) != i || s.Values[i] != 1 {
			return false
		}
	}
	return true
}

// Dims implements [Linear], as the other methods do.
func (s Sparse) Dims() (out, in int) {
	return len(s.Inputs), s.In
}

// Apply implements [Linear].
func (s Sparse) Apply(x, y []float64, n int) {
	operatorOf[float64](s).forward(x, y, n)
}

// Adjoint implements [Linear].
func (s Sparse) Adjoint(y, x []float64, n int) {
	operatorOf[float64](s).adjoint(y, x, n)
}

// Mapped implements [Linear].
func (s Sparse) Mapped(f func(float64) float64) Linear {
	return Sparse{s.In, s.Inputs, mapped(s.Values, f)}
}

// Row implements [Linear].
func (s Sparse) Row(i int, visit func(j int, v float64)) {
	for _, j := range s.Inputs[i] {
		visit(int(j), s.Values[i])
	}
}

// Parameters implements [Linear]. The entries are fixed, so there are none.
func (s Sparse) Parameters() int { return 0 }

// Biases implements [Linear].
func (s Sparse) Biases() int { return len(s.Inputs) }

type sparseOperator[T linalg.Float] struct {
	in     int
	inputs [][]int32
	values []T
}

func (s *sparseOperator[T]) share() operator[T] {
	return s
}

func (s *sparseOperator[T]) forward(x, y []T, n int) {
	outs := len(s.inputs)
	for r := range n {
		from, to := x[r*s.in:][:s.in], y[r*outs:][:outs]
		// One multiplication per row suffices, since its entries are equal.
		for i, inputs := range s.inputs {
			var sum T
			for _, j := range inputs {
				sum += from[j]
			}
			to[i] = sum * s.values[i]
		}
	}
}

func (s *sparseOperator[T]) adjoint(y, x []T, n int) {
	outs := len(s.inputs)
	clear(x[:n*s.in])
	for r := range n {
		from, to := y[r*outs:][:outs], x[r*s.in:][:s.in]
		for i, inputs := range s.inputs {
			v := from[i] * s.values[i]
			for _, j := range inputs {
				to[j] += v
			}
		}
	}
}

// Blocks is a map of blocks that do not overlap, such as [W; I] and [V I]. Residual connections are
// made of such maps.
type Blocks struct {
	Out, In int
	Parts   []Block
}

// Block is a part of Blocks: a map with its first row and column.
type Block struct {
	Map      Linear
	Row, Col int
}

// Dims implements [Linear], as the other methods do.
func (b Blocks) Dims() (out, in int) {
	return b.Out, b.In
}

// Apply implements [Linear].
func (b Blocks) Apply(x, y []float64, n int) {
	operatorOf[float64](b).forward(x, y, n)
}

// Adjoint implements [Linear].
func (b Blocks) Adjoint(y, x []float64, n int) {
	operatorOf[float64](b).adjoint(y, x, n)
}

// Mapped implements [Linear].
func (b Blocks) Mapped(f func(float64) float64) Linear {
	other := Blocks{Out: b.Out, In: b.In}
	for _, p := range b.Parts {
		other.Parts = append(other.Parts, Block{p.Map.Mapped(f), p.Row, p.Col})
	}
	return other
}

// Row implements [Linear].
func (b Blocks) Row(i int, visit func(j int, v float64)) {
	for _, p := range b.Parts {
		out, _ := p.Map.Dims()
		// Several blocks may share a row, as in [V I].
		if i >= p.Row && i < p.Row+out {
			p.Map.Row(i-p.Row, func(j int, v float64) { visit(p.Col+j, v) })
		}
	}
}

// Parameters implements [Linear].
func (b Blocks) Parameters() int {
	total := 0
	for _, p := range b.Parts {
		total += p.Map.Parameters()
	}
	return total
}

// Biases implements [Linear]: only the biases of the first block are free.
func (b Blocks) Biases() int {
	return b.Parts[0].Map.Biases()
}

type blockOperator[T linalg.Float] struct {
	out, in int
	parts   []blockPart[T]
}

// blockPart is a block with buffers for its inputs and outputs.
type blockPart[T linalg.Float] struct {
	of                operator[T]
	out, in, row, col int
	x, y              []T
}

func newBlockOperator[T linalg.Float](b Blocks) *blockOperator[T] {
	o := &blockOperator[T]{out: b.Out, in: b.In}
	for _, p := range b.Parts {
		out, in := p.Map.Dims()
		o.parts = append(o.parts, blockPart[T]{
			of:  operatorOf[T](p.Map),
			out: out,
			in:  in,
			row: p.Row,
			col: p.Col,
		})
	}
	return o
}

func (b *blockOperator[T]) share() operator[T] {
	other := &blockOperator[T]{out: b.out, in: b.in}
	for _, p := range b.parts {
		// The copy allocates its own buffers when it is used.
		p.of, p.x, p.y = p.of.share(), nil, nil
		other.parts = append(other.parts, p)
	}
	return other
}

func (b *blockOperator[T]) forward(x, y []T, n int) {
	clear(y[:n*b.out])
	// Blocks are added, because the blocks of [V I] share their outputs.
	for i := range b.parts {
		p := &b.parts[i]
		p.room(n)
		copyColumns(p.x, x, n, p.in, p.col, b.in)
		p.of.forward(p.x, p.y, n)
		addColumns(y, p.y, n, p.out, p.row, b.out)
	}
}

func (b *blockOperator[T]) adjoint(y, x []T, n int) {
	clear(x[:n*b.in])
	// The blocks of [W; I] share their inputs.
	for i := range b.parts {
		p := &b.parts[i]
		p.room(n)
		copyColumns(p.y, y, n, p.out, p.row, b.out)
		p.of.adjoint(p.y, p.x, n)
		addColumns(x, p.x, n, p.in, p.col, b.in)
	}
}

// room makes the buffers large enough for n rows.
func (p *blockPart[T]) room(n int) {
	if len(p.x) < n*p.in || len(p.y) < n*p.out {
		p.x = make([]T, n*p.in)
		p.y = make([]T, n*p.out)
	}
}

// copyColumns copies n rows of width numbers from column first of a, stride wide.
func copyColumns[T linalg.Float](to, a []T, n, width, first, stride int) {
	for i := range n {
		copy(to[i*width:(i+1)*width], a[i*stride+first:])
	}
}

// addColumns adds n rows of width numbers to column first of a, stride wide.
func addColumns[T linalg.Float](a, from []T, n, width, first, stride int) {
	for i := range n {
		to := a[i*stride+first:][:width]
		for j, v := range from[i*width:][:width] {
			to[j] += v
		}
	}
}
