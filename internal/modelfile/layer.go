package modelfile

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// model is what a parser found in a file: at least one layer, their shapes chaining.
type model struct {
	layers        []layer
	notes         []string
	normalization *Normalization
	data          Data
	epoch, step   *int // of the training, where the file says so
}

// layer is a linear layer, or one of another kind, and its activation.
type layer struct {
	name   string         // of the weight
	weight *mat.Dense     // out×in; nil of another kind
	other  *network.Layer // a convolution, a pool, a part of a residual block; without activation
	// bias has a number for each output, nil without.
	bias       []float64
	activation *network.Activation // nil in all layers if the file does not say
}

func (l *layer) in() int  { return l.made().In() }
func (l *layer) out() int { return l.made().Out() }

// made returns the layer as part of a network.
func (l *layer) made() network.Layer {
	made := network.Layer{Weight: l.weight, Bias: l.bias}
	if l.other != nil {
		made = *l.other
		made.Bias = l.bias
	}
	if l.activation != nil {
		made.Activation = *l.activation
	}
	return made
}

// activations holds the activations of the hidden layers, nil if not given, and of the last layer.
type activations struct {
	hidden *network.Activation
	output network.Activation
}

func (o Options) activations() (a activations, err error) {
	a.output, err = o.parseActivation(o.Output)
	if err != nil {
		return a, fmt.Errorf("output activation: %w", err)
	}
	if o.Activation == "" {
		return a, nil
	}

	hidden, err := o.parseActivation(o.Activation)
	a.hidden = &hidden
	return a, err
}

// parseActivation returns the activation of a name. One with a slope needs that to be given:
// PyTorch has 0.01, Keras 0.3, TensorFlow 0.2, and a wrong one is another network.
func (o Options) parseActivation(name string) (network.Activation, error) {
	var slope float64
	switch {
	case o.Slope != nil:
		slope = *o.Slope
	case name == leakyReLU:
		return network.Activation{}, errors.New(
			"leaky_relu needs its slope: PyTorch's default is 0.01, Keras's 0.3, TensorFlow's 0.2 (--slope)",
		)
	}

	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return network.Activation{}, fmt.Errorf("slope %v is not finite", slope)
	}

	return network.ParseActivation(name, slope)
}

const leakyReLU = "leaky_relu"

// network returns the model with the given activations if the file does not say them.
func (m *model) network(given activations) (*network.Network, error) {
	// A file says the activations of all layers or of none.
	if m.layers[0].activation == nil {
		err := m.setActivations(given)
		if err != nil {
			return nil, err
		}

		m.note("the file does not say the output's activation: taken as %v", given.output)
	} else if given.hidden != nil || !given.output.IsIdentity() {
		m.note("the file says the activations: those given are not used")
	}

	net := &network.Network{}
	for _, l := range m.layers {
		net.Layers = append(net.Layers, l.made())
	}

	return net, net.Validate()
}

func (m *model) setActivations(a activations) error {
	last := len(m.layers) - 1
	if last > 0 && a.hidden == nil {
		return fmt.Errorf(
			"it does not say the activation of the hidden layers: give it, one of none, %s",
			strings.Join(network.ActivationNames(), ", "),
		)
	}
	for i := range last {
		m.layers[i].activation = a.hidden
	}
	m.layers[last].activation = &a.output
	return nil
}

func (m *model) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// chains checks that layer b takes what layer a gives. The shapes are out×in.
func chains(a string, aOut, aIn int, b string, bOut, bIn int) error {
	if aOut == bIn {
		return nil
	}

	return fmt.Errorf(
		"layers do not chain: %q (%d×%d, out×in) gives %d outputs, %q (%d×%d) takes %d inputs",
		a,
		aOut,
		aIn,
		aOut,
		b,
		bOut,
		bIn,
		bIn,
	)
}

var errNoLayers = errors.New("it holds no linear layer")
