// Package modelfile reads networks that others trained into a network.Network. It writes no files.
//
// The formats are:
//   - safetensors: a PyTorch state_dict of linear layers, weights out×in, or a liptrack checkpoint,
//     which also specifies the activations and may have layers other than linear ones;
//   - PyTorch: a state_dict written by torch.save, alone or in a checkpoint, weights out×in, with
//     BatchNorm1d in evaluation mode; no code in the pickle is run;
//   - npz: arrays written by numpy.savez, named as below or unnamed (arr_0, arr_1, …);
//   - mat: MATLAB 5 files with cell arrays weights and biases, or with matrices named as below;
//   - nnet: the text format of the ACAS Xu networks: ReLU, with a normalisation;
//   - onnx: a graph that is a chain of linear layers, convolutions, pools, activations, scalings,
//     and residual blocks of these; a final softmax is dropped. Only this format and liptrack
//     checkpoints specify the strides and paddings of convolutions, so convolutions in other
//     formats are refused.
//
// A word in the name of an array identifies it as a weight (weight, W, kernel, coefs) or a bias
// (bias, b, intercepts). The prefix of the word (layers.0.weight, fc1_bias, dense/kernel:0) and the
// number after it (W1, weight_0) identify the layer. Layers are ordered by the numbers in their
// names, or as the caller specifies; ambiguous names are refused.
//
// A file is refused, with an error that names the tensor or operator, unless all of it is
// understood: bounds certified for a network with a part left out would be bounds of another
// function. Info.Notes lists what was assumed, and what was dropped without effect on the
// measurements.
//
// Files may be hostile. Memory grows with their size, not with what they claim. A file may hold at
// most 2 GiB, compressed or not, and may not decompress to more than package input allows.
package modelfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// Options specify what a file leaves open. What the file itself specifies takes precedence.
type Options struct {
	// Activation is the activation of the hidden layers, by a name that network.ParseActivation
	// accepts. It is required if the file has hidden layers but no activations.
	Activation string
	// Slope is the slope of leaky_relu for negative inputs. It has no default, since those of
	// frameworks differ: leaky_relu with a nil Slope is an error.
	Slope *float64
	// Layers lists the layers in order, first layer first, by the names of their weights or by the
	// prefix that weight and bias have in common. Other layers are left out. Default: the order
	// that the file specifies or that follows from the numbers in the names; it is an error if
	// there is neither.
	Layers []string
	// Output is the activation of the last layer. Default: identity.
	Output string
	// Transposed states that the weights of a safetensors, npz or mat file are in×out, as in Keras
	// and JAX. Default: out×in, except for weights named kernel or coefs; the weights of an npz or
	// mat file are transposed if only then the layers chain. ONNX and .nnet files specify the
	// orientation themselves.
	Transposed bool
	// Denormalize folds the normalisation of an .nnet file into the network, which then maps raw
	// inputs to raw outputs. Default: the network as stored, with normalised inputs and outputs.
	Denormalize bool
	// Build builds the layers of a liptrack checkpoint that has other layers than dense ones, and
	// returns their names. If it is nil, such checkpoints are refused.
	Build func(Architecture) (layers []network.Layer, names []string, err error) `json:"-"`

	folder string // folder of the model file
}

// Info describes where a network comes from.
type Info struct {
	// Format is the file's format: safetensors, PyTorch, npz, onnx, mat or nnet.
	Format string
	// Names are the names of the layers' weights in the file, first layer first.
	Names []string
	// Notes are sentences about what was assumed or dropped.
	Notes []string
	// Normalization is the normalisation around the network; nil if there is none or it is folded
	// in.
	Normalization *Normalization
	// Data describes the data that the network was trained on, as recorded in a liptrack
	// checkpoint; it is empty for other files.
	Data Data
	// Epoch and Step are the progress of the training as the checkpoint counts it: liptrack counts
	// finished epochs, Lightning numbers the last epoch from 0. They are nil if unknown.
	Epoch, Step *int
}

// Load reads the network in a model file. The extension of the file name determines the format,
// unless the first bytes of the file are those of another format.
func Load(path string, o Options) (*network.Network, Info, error) {
	net, info, err := loadFile(path, o)
	if err != nil {
		return nil, Info{}, fmt.Errorf("model file %s: %w", path, err)
	}
	return net, info, nil
}

func loadFile(path string, o Options) (*network.Network, Info, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, Info{}, err
	}
	format, err := formatOf(path, b)
	if err != nil {
		return nil, Info{}, err
	}
	// ONNX files may keep their tensors in separate files in the same folder.
	o.folder = filepath.Dir(path)
	return format.loadContent(b, o)
}

// readFile reads a model file. It refuses Keras files, by their name or their first bytes, and
// large files of unknown format.
func readFile(path string) ([]byte, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}

	defer f.Close()
	start := make([]byte, 512)
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}

	start = start[:n]
	if isKeras(path, start) {
		return nil, errKeras
	}

	// A file that begins like none of the formats is read only if it is small.
	if !slices.ContainsFunc(formats, func(f format) bool {
		return f.begins(start)
	}) {
		b, err := input.ReadText(path)
		if err != nil {
			return nil, fmt.Errorf("it does not begin like a %s file: %w", formatNames(), err)
		}
		return b, nil
	}

	return input.ReadFile(path)
}

// loadContent reads the network in b, the content of a file.
func (f format) loadContent(b []byte, o Options) (*network.Network, Info, error) {
	// Check the options before parsing the file, which may take long.
	given, err := o.activations()
	if err != nil {
		return nil, Info{}, err
	}

	m, err := f.parse(b, o)
	if err != nil {
		return nil, Info{}, fmt.Errorf("reading %s: %w", f.name, err)
	}

	net, err := m.network(given)
	if err != nil {
		return nil, Info{}, fmt.Errorf("reading %s: %w", f.name, err)
	}

	return net, m.info(f.name), nil
}

func (m *model) info(format string) Info {
	info := Info{
		Format:        format,
		Normalization: m.normalization,
		Data:          m.data,
		Epoch:         m.epoch,
		Step:          m.step,
	}
	for _, note := range m.notes {
		info.Notes = append(info.Notes, input.Printable(note))
	}
	for _, l := range m.layers {
		info.Names = append(info.Names, input.Printable(l.name))
	}

	return info
}
