package experiments

import (
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer"
)

// LoadModel reads a network as modelfile.Load does, and also checkpoints of liptrack that have
// layers other than dense ones.
func LoadModel(path string, o modelfile.Options) (*network.Network, modelfile.Info, error) {
	o.Build = buildLayers
	return modelfile.Load(path, o)
}

// buildLayers builds the layers as the trainer did that saved them.
func buildLayers(a modelfile.Architecture) (layers []network.Layer, names []string, err error) {
	c := trainer.Config{
		Bias:       a.Bias,
		Activation: a.Activation,
		Output:     a.Output,
	}
	// The text of the layers was valid when the file was written, but the file may have been edited
	// since.
	c.Layers, err = trainer.ParseLayersText(a.Layers)
	if err != nil {
		return nil, nil, err
	}

	var tensors []trainer.Tensor
	for _, p := range a.Parameters {
		tensors = append(tensors, trainer.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Values})
	}

	net, names, err := trainer.SavedNetwork(c, a.Input, a.Outputs, tensors)
	if err != nil {
		return nil, nil, err
	}

	return net.Layers, names, nil
}
