// Package modelfile reads networks that somebody else trained into a network.Network. It writes
// none. Of this module it imports only leaves.
//
// The formats are:
//   - safetensors: a PyTorch state_dict of linear layers, weights out×in, or a checkpoint of
//     liptrack's, which also says the activations, and layers of other kinds than linear ones;
//   - PyTorch: a state_dict that torch.save wrote, in a checkpoint too, weights out×in, with
//     BatchNorm1d as in evaluation; no code of the pickle is run;
//   - npz: the arrays of numpy.savez, named as below or not at all (arr_0, arr_1, …);
//   - mat: MATLAB 5 files, of cell arrays weights and biases, or of matrices named as below;
//   - nnet: the text format of the ACAS Xu networks, ReLU, with a normalisation;
//   - onnx: a graph that is a chain of linear layers, convolutions, pools, activations and
//     scalings,
//     and of residual blocks of these; a final softmax is dropped. Only this format and liptrack's
//     checkpoints say how convolutions move, so that those of others are refused.
//
// The name of an array says whether it is a weight (weight, W, kernel, coefs) or a bias (bias, b,
// intercepts); what stands before it (layers.0.weight, fc1_bias, dense/kernel:0) and the number
// after it (W1, weight_0) say of which layer. Layers are in the order of the numbers in their
// names, or in a given one; names that leave a doubt are refused.
//
// A file is refused, by an error that names the tensor or operator, unless all of it is
// understood: bounds certified for a network with a part left out would be bounds of another
// function. What is assumed or dropped without changing what is measured is told in Info.Notes.
//
// Files may be hostile. Memory grows with their size, not with what they claim; none may hold
// more than 2 GiB, packed or unpacked, nor unpack to more than package input allows.
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

// Options say what a file leaves open. What the file does say goes before them.
type Options struct {
	// Activation of the hidden layers, a name that network.ParseActivation knows. Without it a file
	// that has hidden layers and does not say is an error.
	Activation string
	// Slope of leaky_relu for negative inputs. Frameworks have different defaults, so it has none
	// here: leaky_relu without it is an error.
	Slope *float64
	// Layers is the order of the layers, first layer first, by the names of their weights or what
	// these have in common with their biases. Others are left out. Default: the order that the
	// file says, or that of the numbers in the names; a file that says neither is an error.
	Layers []string
	// Output is the activation of the last layer. Default identity.
	Output string
	// Transposed says that the weights of a safetensors, npz or mat file are in×out, as in Keras
	// and JAX. Default: out×in, except for weights named kernel or coefs; in an npz or mat file the
	// other way round if only so the layers chain. ONNX and .nnet files say it themselves.
	Transposed bool
	// Denormalize folds the normalisation of an .nnet file into the network, which then maps raw
	// inputs to raw outputs. Default: the network as stored, of normalised inputs and outputs.
	Denormalize bool
	// Build makes the layers of a checkpoint of liptrack's that has others than dense ones, with
	// their names; nil refuses it.
	Build func(Architecture) (layers []network.Layer, names []string, err error) `json:"-"`

	folder string // of the model file
}

// Info tells where a network comes from.
type Info struct {
	// Format is the file's format: safetensors, npz, onnx, mat or nnet.
	Format string
	// Names of the layers' weights in the file, first layer first.
	Names []string
	// Notes are sentences on what was assumed or dropped.
	Notes []string
	// Normalization that surrounds the network, nil without one or if it is folded in.
	Normalization *Normalization
	// Data that a checkpoint of liptrack's says the network was trained on; empty in other files.
	Data Data
	// Epoch and Step say how far the training had come, in the words of the checkpoint: of
	// liptrack's epochs done, of Lightning's the number of the last one, from 0. Nil where it does
	// not say.
	Epoch, Step *int
}

// Load reads the network in a model file. The format follows from the file name's extension, or
// that of the file's first bytes if these are of another one.
func Load(path string, o Options) (*network.Network, Info, error) {
	net, info, err := load(path, o)
	if err != nil {
		return nil, Info{}, fmt.Errorf("model file %s: %w", path, err)
	}
	return net, info, nil
}

func load(path string, o Options) (*network.Network, Info, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, Info{}, err
	}
	format, err := formatOf(path, b)
	if err != nil {
		return nil, Info{}, err
	}
	// ONNX files may keep their tensors in files beside them.
	o.folder = filepath.Dir(path)
	return format.load(b, o)
}

// readFile reads a file, unless its name or its first bytes say that it is of Keras, or it is large
// and of no format.
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

	// What begins like no format is worth a whole reading only if it is as small as text.
	if !slices.ContainsFunc(formats, func(f format) bool {
		return f.begins(start)
	}) {
		b, err := input.ReadText(path)
		if err != nil {
			return nil, fmt.Errorf("it begins like no %s file: %w", formatNames(), err)
		}
		return b, nil
	}

	return input.ReadFile(path)
}

// load reads the network in the content of a file.
func (f format) load(b []byte, o Options) (*network.Network, Info, error) {
	// Checked before the file is parsed, which may take long.
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
