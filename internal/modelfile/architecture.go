package modelfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// The metadata with which a liptrack checkpoint describes a network that has other layers than
// dense ones: model.layers as it was set, model.bias, the shape of a point (channels x height x
// width, such as 1x28x28) and the number of outputs.
const (
	MetaLayers  = "liptrack.model.layers"
	MetaBias    = "liptrack.model.bias"
	MetaInput   = "liptrack.model.input"
	MetaOutputs = "liptrack.model.outputs"
)

// Architecture is the description in a liptrack checkpoint of a network that has other layers than
// dense ones. Its sizes are claims, which the builder of the network must check against the
// parameters.
type Architecture struct {
	// Layers is model.layers as it was set: YAML on one line, or the name of a network.
	Layers string
	// Activation follows the hidden layers without an activation of their own; Output follows the
	// last layer.
	Activation, Output network.Activation
	// Bias is set if layers have biases unless they specify otherwise.
	Bias bool
	// Input is the shape of a point: channels, height and width, each ≥ 1.
	Input [3]int
	// Outputs is the number of outputs of the network, ≥ 1.
	Outputs int
	// Parameters are the tensors of the model.
	Parameters []Parameter
}

// Parameter is a tensor of a network, in row-major order.
type Parameter struct {
	Name   string
	Shape  []int
	Values []float64
}

// FormatInput formats the shape of a point for MetaInput.
func FormatInput(shape [3]int) string {
	return fmt.Sprintf("%dx%dx%d", shape[0], shape[1], shape[2])
}

// readArchitecture builds the layers that the metadata describe.
func (m *model) readArchitecture(meta map[string]string, tensors []tensor, o Options) error {
	// Networks with such layers are built by the trainer, which this package may not import.
	if o.Build == nil {
		return fmt.Errorf(
			"a network with the layers %s: must have dense layers only",
			input.Quote(meta[MetaLayers]),
		)
	}

	a, err := architectureIn(meta)
	if err != nil {
		return err
	}

	for _, t := range tensors {
		a.Parameters = append(a.Parameters, Parameter{t.name, t.shape, t.values})
	}

	layers, names, err := o.Build(a)
	if err != nil {
		return fmt.Errorf("the layers %s: %w", input.Quote(a.Layers), err)
	}

	for i := range layers {
		made := layers[i]
		m.layers = append(m.layers, layer{
			name:       names[i],
			other:      &made,
			bias:       made.Bias,
			activation: &made.Activation,
		})
	}

	// Note options without effect, so that users do not rely on them.
	if o.Layers != nil || o.Transposed {
		m.addNote(
			"the checkpoint describes its layers: the given order and orientation are not used",
		)
	}

	return nil
}

// architectureIn returns the architecture that the metadata describe, without parameters.
func architectureIn(meta map[string]string) (a Architecture, err error) {
	_, isThere := meta[MetaInput]
	if !isThere {
		return a, errors.New(
			"an older liptrack saved it, which did not record the shape of the inputs of " +
				"convolutional and residual networks: run its experiment again with --overwrite; the same " +
				"configuration and seed give the same network",
		)
	}

	said, err := activationsIn(meta)
	if err != nil {
		return a, err
	}

	// Layers may specify an activation of their own; the hidden one is for those that do not.
	a.Layers, a.Output = meta[MetaLayers], said.output
	if said.hidden != nil {
		a.Activation = *said.hidden
	}

	a.Bias, err = strconv.ParseBool(meta[MetaBias])
	if err != nil {
		return a, fmt.Errorf(
			"metadata %s is %s: must be true or false",
			MetaBias,
			input.Quote(meta[MetaBias]),
		)
	}

	a.Input, err = parseInput(meta[MetaInput])
	if err != nil {
		return a, err
	}

	outputs := wholeIn(meta, MetaOutputs)
	if outputs == nil || *outputs < 1 || *outputs > maxEntries {
		return a, fmt.Errorf("metadata %s is %s: must be a number from 1 to %d",
			MetaOutputs, input.Quote(meta[MetaOutputs]), maxEntries)
	}
	a.Outputs = *outputs

	return a, nil
}

// parseInput parses a shape written by FormatInput.
func parseInput(text string) (shape [3]int, err error) {
	refused := fmt.Errorf(
		"metadata %s is %s: must be channels x height x width, such as 1x28x28, and at most %d numbers",
		MetaInput,
		input.Quote(text),
		maxEntries,
	)

	sides := strings.Split(text, "x")
	if len(sides) != len(shape) {
		return shape, refused
	}

	for i, side := range sides {
		shape[i], err = strconv.Atoi(side)
		if err != nil || shape[i] < 1 {
			return shape, refused
		}
	}

	// The product of three claimed sides may overflow.
	n, ok := input.Elements(shape[:])
	if !ok || n > maxEntries {
		return shape, refused
	}

	return shape, nil
}
