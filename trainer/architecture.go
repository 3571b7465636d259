package trainer

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
)

// LayerKind is the kind of a layer in Config.Layers.
type LayerKind int

const (
	// DenseLayer is x ↦ φ(Wx + b). It flattens an input that is not flat.
	DenseLayer LayerKind = iota
	// ConvLayer is x ↦ φ(K∗x + b), with one bias per channel.
	ConvLayer
	// MaxPoolLayer takes the maximum of every window, channel by channel.
	MaxPoolLayer
	// AvgPoolLayer takes the mean of every window, including the zeros of its padding.
	AvgPoolLayer
	// FlattenLayer flattens planes into one vector.
	FlattenLayer
	// ResidualLayer is x ↦ φ(x + body(x)); the body must keep the shape.
	ResidualLayer
	// OutputLayer is the last layer: dense, with an output for each class. It is implied if absent.
	// If given, it must come last and may set its own bias or activation.
	OutputLayer
)

// LayerSpec is one layer of Config.Layers.
type LayerSpec struct {
	Kind LayerKind
	// Units ≥ 1 is the number of outputs of a dense layer, or of channels of a convolution.
	Units int
	// Window is the window of a convolution or a pool. For one-dimensional signals, only the second
	// entry of each of its measures is used.
	Window conv.Window
	// Global makes a pool's window the whole plane.
	Global bool
	// Activation overrides Config.Activation unless it is nil. A residual layer has no activation
	// after its sum unless one is set here.
	Activation *network.Activation
	// Bias overrides Config.Bias unless it is nil.
	Bias *bool
	// Body lists the layers inside a residual layer; they may be residual themselves.
	Body []LayerSpec
}

// stage is a fully resolved layer: its input and output shapes, window, activation and bias, and
// its name in PyTorch.
type stage struct {
	LayerSpec
	in, out    conv.Shape
	conv       conv.Conv // of a convolution
	pool       conv.Grid // of a pool
	activation network.Activation
	bias       bool
	name       string // of its module in PyTorch, such as "layers.0"
	signal     bool   // points are one-dimensional
	body       []stage
}

// planner resolves the stages of a network one after another.
type planner struct {
	config Config
	signal bool
	prefix string
	shape  conv.Shape
	planes bool // the last layer's output is planes, which a dense layer must flatten
	row    bool // the planes have been flattened, so that no window can follow
	depth  int  // number of enclosing residual layers
	next   int  // index of the next module in PyTorch's nn.Sequential
	stages []stage
}

// stages resolves the layers for points of the given shape: the hidden layers, then the last one,
// with an output for each class. It returns an error for the first layer that does not fit its
// input.
func (c Config) stages(in conv.Shape, classes int) ([]stage, error) {
	p := planner{
		config: c,
		signal: in.Height == 1,
		prefix: "layers.",
		shape:  in,
	}

	// The last layer is implied; if it is written out, it may have its own activation.
	specs, last := c.layerSpecs(), LayerSpec{}
	n := len(specs)
	if n > 0 && specs[n-1].Kind == OutputLayer {
		specs, last = specs[:n-1], specs[n-1]
	}

	for i, spec := range specs {
		err := p.addLayer(spec)
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
	}

	last.Kind, last.Units = DenseLayer, classes
	if last.Activation == nil {
		last.Activation = &c.Output
	}

	err := p.addLayer(last)
	if err != nil {
		return nil, fmt.Errorf("the last layer: %w", err)
	}

	return p.stages, nil
}

// layerSpecs returns the hidden layers: Layers if set, else dense layers of the widths in Hidden.
func (c Config) layerSpecs() []LayerSpec {
	if c.Layers != nil {
		return c.Layers
	}

	var specs []LayerSpec
	for _, units := range c.Hidden {
		specs = append(specs, LayerSpec{Kind: DenseLayer, Units: units})
	}

	return specs
}

// dense reports whether every layer is dense.
func (c Config) dense() bool {
	for _, spec := range c.layerSpecs() {
		if spec.Kind != DenseLayer && spec.Kind != FlattenLayer && spec.Kind != OutputLayer {
			return false
		}
	}
	return true
}

// addLayer resolves the next layer and appends its stage.
func (p *planner) addLayer(spec LayerSpec) error {
	s := stage{
		LayerSpec:  spec,
		in:         p.shape,
		signal:     p.signal,
		activation: p.config.Activation,
		bias:       p.config.Bias,
	}
	if spec.Activation != nil {
		s.activation = *spec.Activation
	}

	if spec.Bias != nil {
		s.bias = *spec.Bias
	}

	var err error
	switch spec.Kind {
	case DenseLayer:
		if spec.Units < 1 {
			return fmt.Errorf("a dense layer of %d units: must be at least 1", spec.Units)
		}

		p.flatten()
		s.in, s.out = p.shape, flat(spec.Units)
	case ConvLayer:
		if p.row {
			return p.noPlanes("a convolution")
		}

		s.conv, err = conv.NewConv(p.shape, spec.Units, p.window(spec))
		s.out = s.conv.Out()
	case MaxPoolLayer, AvgPoolLayer:
		if p.row {
			return p.noPlanes("a pool")
		}

		s.pool, err = conv.NewPool(p.shape, p.window(spec))
		s.out, s.activation, s.bias = s.pool.Pooled(), network.Identity, false
	case FlattenLayer:
		p.flatten()
		return nil
	case ResidualLayer:
		err = p.addBody(&s)
	default:
		err = fmt.Errorf("a layer of kind %d: must be one of the defined kinds, and OutputLayer must be the last layer",
			spec.Kind)
	}

	if err == nil {
		err = s.checkSize()
	}

	if err != nil {
		return err
	}

	// Names count modules as PyTorch's nn.Sequential does, so that weights have the same names
	// there.
	s.name = fmt.Sprint(p.prefix, p.next)
	p.next++
	if s.isActivated() {
		p.next++ // activations are modules in PyTorch
	}

	// A residual layer keeps the shape of its input, so it leaves planes unchanged.
	p.shape = s.out
	switch spec.Kind {
	case DenseLayer:
		p.planes = false
	case ConvLayer, MaxPoolLayer, AvgPoolLayer:
		p.planes = true
	}

	p.stages = append(p.stages, s)

	return nil
}

// isActivated reports whether the layer is followed by an activation that is a module in PyTorch.
func (s *stage) isActivated() bool {
	if s.Kind == ResidualLayer {
		return !s.activation.IsIdentity()
	}
	return s.Kind == DenseLayer || s.Kind == ConvLayer
}

// maxDepth bounds the nesting of residual layers: every layer carries the shortcuts of all residual
// layers that enclose it.
const maxDepth = 16

// addBody resolves the layers inside a residual layer.
func (p *planner) addBody(s *stage) error {
	if p.depth == maxDepth {
		return fmt.Errorf(
			"a residual layer nested in %d others: must be nested in fewer",
			maxDepth,
		)
	}

	body := planner{
		config: p.config,
		depth:  p.depth + 1,
		signal: p.signal,
		shape:  p.shape,
		planes: p.planes,
		row:    p.row,
		prefix: fmt.Sprintf("%s%d.", p.prefix, p.next),
	}

	for i, spec := range s.Body {
		err := body.addLayer(spec)
		if err != nil {
			return fmt.Errorf("residual layer, layer %d: %w", i+1, err)
		}
	}

	switch {
	case len(body.stages) == 0:
		return fmt.Errorf("a residual layer without layers: must have at least one")
	case body.shape != p.shape && body.shape != flat(p.shape.Size()):
		return fmt.Errorf(
			"a residual layer with input shape %v and output shape %v: must be equal", p.shape, body.shape,
		)
	}

	s.body, s.out = body.stages, p.shape
	// Config.Activation applies to hidden layers, not to sums.
	if s.Activation == nil {
		s.activation = network.Identity
	}

	return nil
}

// flat returns the shape of a vector of n numbers.
func flat(n int) conv.Shape {
	return conv.Shape{
		Channels: n,
		Height:   1,
		Width:    1,
	}
}

// flatten turns planes into one vector. If a layer made the planes, this takes an index, because
// PyTorch has a module for it.
func (p *planner) flatten() {
	if p.planes {
		p.next++
	}
	p.planes, p.row, p.shape = false, true, flat(p.shape.Size())
}

// noPlanes returns the error for a layer whose window has no planes to cover.
func (p *planner) noPlanes(what string) error {
	return fmt.Errorf(
		"%s over a flat vector of %d numbers: must not follow a dense layer or flatten",
		what, p.shape.Size(),
	)
}

// window returns the window of a layer, adapted to the shape of its input.
func (p *planner) window(spec LayerSpec) conv.Window {
	w := spec.Window
	if spec.Global {
		size := [2]int{p.shape.Height, p.shape.Width}
		return conv.Window{Size: size, Stride: size}
	}

	if p.signal {
		w.Size[0], w.Stride[0], w.Pad[0], w.Dilation[0] = 1, 1, 0, 1
	}
	return w
}

// maxStageNumbers bounds the outputs and the weights of a layer, so that their sums fit in an int.
const maxStageNumbers = 1 << 40

// checkSize returns an error if a stage has too many outputs or weights to count them in an int.
func (s *stage) checkSize() error {
	// In floating point: products of sizes that a file claims may overflow an int.
	outputs := float64(s.out.Channels) * float64(s.out.Height) * float64(s.out.Width)
	weights := 0.0
	switch s.Kind {
	case DenseLayer:
		weights = float64(s.in.Size()) * float64(s.Units)
	case ConvLayer:
		weights = float64(s.Units) * float64(s.in.Channels) * float64(s.conv.Size[0]) * float64(s.conv.Size[1])
	}

	if max(outputs, weights) > maxStageNumbers {
		return fmt.Errorf("it has %.4g outputs and %.4g weights: must be at most %.4g of each",
			outputs, weights, float64(maxStageNumbers))
	}

	return nil
}

// parameters counts the weights and biases of a stage.
func (s *stage) parameters() int {
	weights, biases := 0, 0
	switch s.Kind {
	case DenseLayer:
		weights, biases = s.in.Size()*s.out.Size(), s.out.Size()
	case ConvLayer:
		weights, biases = s.conv.Kernel(), s.conv.Outs
	case ResidualLayer:
		for i := range s.body {
			weights += s.body[i].parameters()
		}
	}

	if s.bias {
		return weights + biases
	}

	return weights
}

// activationCount counts the numbers that training keeps in memory for each point: values, slopes
// and their gradients.
func (s *stage) activationCount() int {
	count := 3 * s.out.Size()
	for i := range s.body {
		count += s.body[i].activationCount()
	}
	return count
}

// products counts the multiplications of a stage's forward pass for one point.
func (s *stage) products() float64 {
	count := 0.0
	switch s.Kind {
	case DenseLayer:
		count = float64(s.in.Size()) * float64(s.out.Size())
	case ConvLayer: // the kernel is applied at every place
		count = float64(s.conv.Kernel()) * float64(s.out.Height) * float64(s.out.Width)
	}

	for i := range s.body {
		count += s.body[i].products()
	}

	return count
}

// Parameters counts the weights and biases of the network for points of the given shape, channels ×
// height × width. It returns an error if the layers do not fit that shape.
func (c Config) Parameters(shape [3]int, classes int) (int, error) {
	return sumOverStages(c, shape, classes, (*stage).parameters)
}

// sumOverStages adds up count over the stages of the network for points of the given shape.
func sumOverStages[N int | float64](c Config, shape [3]int, outputs int, count func(*stage) N) (N, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	var total N
	for i := range stages {
		total += count(&stages[i])
	}
	return total, err
}

// Activations counts the numbers that training keeps in memory for each point of a batch. It takes
// the same arguments as Parameters.
func (c Config) Activations(shape [3]int, outputs int) (int, error) {
	return sumOverStages(c, shape, outputs, (*stage).activationCount)
}

// Outline returns the network for points of the given shape without its weights, for uses that
// depend only on the sizes of its layers (see [network.Outline]). Its pools and shortcuts take
// about as much memory as the values of a few points.
func (c Config) Outline(shape [3]int, outputs int) (*network.Network, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	if err != nil {
		return nil, err
	}
	return &network.Network{Layers: outlines(stages)}, nil
}

// outlines returns the layers as which stages are measured, without weights.
func outlines(stages []stage) []network.Layer {
	var layers []network.Layer
	for i := range stages {
		s := &stages[i]
		switch s.Kind {
		case DenseLayer:
			layers = append(layers, network.Outline(s.in.Size(), s.out.Size(), s.activation))
		case ConvLayer:
			layers = append(layers, network.NewConvLayer(s.conv, nil, nil, s.activation))
		case MaxPoolLayer:
			layers = append(layers, network.Layer{Pool: network.NewMaxPool(s.pool)})
		case AvgPoolLayer:
			layers = append(layers, network.Layer{Map: network.NewAvgPool(s.pool, true)})
		case ResidualLayer:
			layers = append(layers, network.NewResidual(outlines(s.body), s.activation)...)
		}
	}

	return layers
}

// Products counts the multiplications of the forward pass of one point. It takes the same
// arguments as Parameters.
func (c Config) Products(shape [3]int, outputs int) (float64, error) {
	return sumOverStages(c, shape, outputs, (*stage).products)
}

// Shapes lists the shapes through which points of the given shape, channels × height × width, pass:
// first the shape itself, then the kind and output shape of each layer. A flat output is given as a
// number of units.
func (c Config) Shapes(shape [3]int, outputs int) ([]string, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	shapes := []string{shapeOf(shape).String()}
	for i := range stages {
		shapes = append(shapes, stages[i].shape())
	}
	return shapes, err
}

// shape returns a stage's kind and output shape.
func (s *stage) shape() string {
	for name, kind := range layerKinds {
		if kind != s.Kind {
			continue
		}
		if s.Kind == DenseLayer || s.out == flat(s.out.Channels) {
			return fmt.Sprint(name, " ", s.out.Channels)
		}
		return fmt.Sprint(name, " ", s.out)
	}
	return s.out.String()
}

// shapeOf converts the shape of a data set.
func shapeOf(s [3]int) conv.Shape {
	return conv.Shape{
		Channels: s[0],
		Height:   s[1],
		Width:    s[2],
	}
}
