package trainer

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
)

// LayerKind says what a layer of Config.Layers does.
type LayerKind int

const (
	// DenseLayer is x ↦ φ(Wx + b), of any shape of x: it flattens what is not flat.
	DenseLayer LayerKind = iota
	// ConvLayer is x ↦ φ(K∗x + b), one bias a channel.
	ConvLayer
	// MaxPoolLayer takes the largest number of every window, channel by channel.
	MaxPoolLayer
	// AvgPoolLayer takes the mean of every window, the zeros of its padding included.
	AvgPoolLayer
	// FlattenLayer makes one row of numbers of planes.
	FlattenLayer
	// ResidualLayer is x ↦ φ(x + body(x)); the body keeps the shape.
	ResidualLayer
	// OutputLayer stands for the last layer, which goes without saying: dense, with an output for
	// each class. It may come last, with a bias or an activation of its own.
	OutputLayer
)

// LayerSpec is one layer of Config.Layers.
type LayerSpec struct {
	Kind LayerKind
	// Units is the number of outputs of a dense layer, of channels of a convolution; ≥ 1.
	Units int
	// Window is the window of a convolution or of a pool. Where points are signals in one dimension
	// only its second measures count.
	Window conv.Window
	// Global makes a pool's window the whole plane.
	Global bool
	// Activation, unless nil, stands in place of Config.Activation; behind the sum of a residual
	// layer there is none unless it is given.
	Activation *network.Activation
	// Bias, unless nil, stands in place of Config.Bias.
	Bias *bool
	// Body are the layers of a residual one, others among them.
	Body []LayerSpec
}

// stage is a layer with everything about it settled: what it takes and gives, and its name in
// PyTorch.
type stage struct {
	LayerSpec
	in, out    conv.Shape
	conv       conv.Conv // of a convolution
	pool       conv.Grid // of a pool
	activation network.Activation
	bias       bool
	name       string // of its module in PyTorch, as "layers.0"
	signal     bool   // points are in one dimension
	body       []stage
}

// planner settles the stages of a network one after the other.
type planner struct {
	config Config
	signal bool
	prefix string
	shape  conv.Shape
	planes bool // the last layer made planes, which a dense one flattens
	row    bool // the last layer made a row of planes, over which no window can go
	depth  int  // how many residual layers the layers are in
	next   int  // index of the next module in PyTorch's nn.Sequential
	stages []stage
}

// stages settles what the configuration makes of points of a shape: its hidden layers, then the one
// that has an output for each class. It fails at the first layer that does not fit what comes
// before.
func (c Config) stages(in conv.Shape, classes int) ([]stage, error) {
	p := planner{
		config: c,
		signal: in.Height == 1,
		prefix: "layers.",
		shape:  in,
	}

	// The last layer goes without saying; one that is written may have an activation of its own.
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

// layerSpecs returns the hidden layers: Layers or, short for dense ones, Hidden.
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

// dense says that every layer is a dense one.
func (c Config) dense() bool {
	for _, spec := range c.layerSpecs() {
		if spec.Kind != DenseLayer && spec.Kind != FlattenLayer && spec.Kind != OutputLayer {
			return false
		}
	}
	return true
}

// addLayer settles one layer more.
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
		err = fmt.Errorf("a layer of kind %d: must be one of those that there are, the output the last",
			spec.Kind)
	}

	if err == nil {
		err = s.checkSize()
	}

	if err != nil {
		return err
	}

	// Names count modules as PyTorch's nn.Sequential does: weights have them there too.
	s.name = fmt.Sprint(p.prefix, p.next)
	p.next++
	if s.isActivated() {
		p.next++ // PyTorch's activations are modules
	}

	// What a residual layer gives is as flat as what its body was given: planes stay as they are.
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

// isActivated says whether an activation follows that is a module in PyTorch.
func (s *stage) isActivated() bool {
	if s.Kind == ResidualLayer {
		return !s.activation.IsIdentity()
	}
	return s.Kind == DenseLayer || s.Kind == ConvLayer
}

// maxDepth bounds how many residual layers a layer may be in: every layer carries the shortcuts of
// all of them.
const maxDepth = 16

// addBody settles the layers of a residual one.
func (p *planner) addBody(s *stage) error {
	if p.depth == maxDepth {
		return fmt.Errorf("a residual layer within %d others: must be within fewer", maxDepth)
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
			"a residual layer of inputs %v whose layers give %v: must be the same", p.shape, body.shape,
		)
	}

	s.body, s.out = body.stages, p.shape
	// The activation of the configuration is for hidden layers, not for sums.
	if s.Activation == nil {
		s.activation = network.Identity
	}

	return nil
}

// flat returns the shape of so many numbers in a row.
func flat(n int) conv.Shape {
	return conv.Shape{
		Channels: n,
		Height:   1,
		Width:    1,
	}
}

// flatten makes one row of planes; of what a layer made that is a module in PyTorch.
func (p *planner) flatten() {
	if p.planes {
		p.next++
	}
	p.planes, p.row, p.shape = false, true, flat(p.shape.Size())
}

// noPlanes says that a layer has nothing to lay its window over.
func (p *planner) noPlanes(what string) error {
	return fmt.Errorf(
		"%s over %d numbers in a row: a dense layer or flatten before it has left no planes",
		what, p.shape.Size(),
	)
}

// window returns the window of a layer over what comes before.
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

// maxStageNumbers bounds the outputs and the weights of a layer, so that sums of them fit an int.
const maxStageNumbers = 1 << 40

// checkSize refuses a stage of sizes with which one cannot even count.
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

// numbers counts what a point leaves behind in the memory of training: values, slopes and their
// gradients.
func (s *stage) numbers() int {
	count := 3 * s.out.Size()
	for i := range s.body {
		count += s.body[i].numbers()
	}
	return count
}

// products counts the multiplications that a point takes in a stage.
func (s *stage) products() float64 {
	count := 0.0
	switch s.Kind {
	case DenseLayer:
		count = float64(s.in.Size()) * float64(s.out.Size())
	case ConvLayer: // the kernel at every place
		count = float64(s.conv.Kernel()) * float64(s.out.Height) * float64(s.out.Width)
	}

	for i := range s.body {
		count += s.body[i].products()
	}

	return count
}

// Parameters counts the weights and biases of the network for points of a shape, channels × height
// × width.
func (c Config) Parameters(shape [3]int, classes int) (int, error) {
	return sumOverStages(c, shape, classes, (*stage).parameters)
}

// sumOverStages adds up what a function says of each stage of the network for points of a shape.
func sumOverStages[N int | float64](c Config, shape [3]int, outputs int, count func(*stage) N) (N, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	var total N
	for i := range stages {
		total += count(&stages[i])
	}
	return total, err
}

// Activations counts the numbers that training keeps of each point in a batch, as Parameters counts
// those of the network.
func (c Config) Activations(shape [3]int, outputs int) (int, error) {
	return sumOverStages(c, shape, outputs, (*stage).numbers)
}

// Outline returns the network for points of a shape without its weights, for what depends on the
// sizes of its layers alone (see [network.Outline]). Pools and shortcuts take as much memory as the
// values of some points.
func (c Config) Outline(shape [3]int, outputs int) (*network.Network, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	if err != nil {
		return nil, err
	}
	return &network.Network{Layers: outlines(stages)}, nil
}

// outlines returns the layers that stages are measured as, without weights.
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

// Products counts the multiplications of a forward pass of one point, as Parameters counts those of
// the network.
func (c Config) Products(shape [3]int, outputs int) (float64, error) {
	return sumOverStages(c, shape, outputs, (*stage).products)
}

// Shapes says what the network makes of points of a shape, channels × height × width: the point's,
// then each layer's with its kind, a flat one's as a number of units.
func (c Config) Shapes(shape [3]int, outputs int) ([]string, error) {
	stages, err := c.stages(shapeOf(shape), outputs)
	shapes := []string{shapeOf(shape).String()}
	for i := range stages {
		shapes = append(shapes, stages[i].shape())
	}
	return shapes, err
}

// shape returns a stage's kind with the shape of what it gives.
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

// shapeOf returns a shape as data sets have it.
func shapeOf(s [3]int) conv.Shape {
	return conv.Shape{
		Channels: s[0],
		Height:   s[1],
		Width:    s[2],
	}
}
