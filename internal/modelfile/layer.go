package modelfile

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// model is the result of a parser: at least one layer, each of which takes the outputs of the one
// before it.
type model struct {
	layers        []layer
	notes         []string
	normalization *Normalization
	data          Data
	epoch, step   *int // progress of the training; nil if the file does not say
}

// layer is a layer, dense or of another kind, and its activation.
type layer struct {
	name   string         // name of the weight
	weight *mat.Dense     // out×in; nil if the layer is not dense
	other  *network.Layer // a convolution, a pool or a part of a residual block; no activation
	// bias has a number for each output; nil if there is none.
	bias       []float64
	activation *network.Activation // nil in all layers if the file does not say
}

func (l *layer) in() int  { return l.made().In() }
func (l *layer) out() int { return l.made().Out() }

// made returns the layer as a network.Layer.
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

// activations holds the activation of the hidden layers, nil if it is not given, and that of the
// last layer.
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

// parseActivation returns the activation with a name. leaky_relu needs an explicit slope: the
// defaults are 0.01 in PyTorch, 0.3 in Keras and 0.2 in TensorFlow, and a wrong slope means another
// network.
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

// network returns the model as a network. The given activations are used if the file has none.
func (m *model) network(given activations) (*network.Network, error) {
	// A file has the activations of all layers or of none.
	if m.layers[0].activation == nil {
		err := m.setActivations(given)
		if err != nil {
			return nil, err
		}

		m.addNote("the file does not specify the output's activation: taken as %v", given.output)
	} else if given.hidden != nil || !given.output.IsIdentity() {
		m.addNote("the file specifies the activations: those in the options are not used")
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
			"it does not specify the activation of the hidden layers: must be given, one of none, %s",
			strings.Join(network.ActivationNames(), ", "),
		)
	}
	for i := range last {
		m.layers[i].activation = a.hidden
	}
	m.layers[last].activation = &a.output
	return nil
}

func (m *model) addNote(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// chains returns an error unless layer b has as many inputs as layer a has outputs.
func chains(a string, aOut, aIn int, b string, bOut, bIn int) error {
	if aOut == bIn {
		return nil
	}

	return fmt.Errorf(
		"layers do not chain: %q (%d×%d, out×in) has %d outputs, but %q (%d×%d) has %d inputs",
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
