package modelfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var relu = Options{Activation: "relu"}

// testdata/make.py exported the networks and computed their outputs with PyTorch.
func TestNetworksGivePyTorchsOutputs(t *testing.T) {
	for _, c := range []struct {
		file, like string
		options    Options
		names      []string
	}{
		{"relu.safetensors", "relu", relu, []string{"0.weight", "2.weight", "4.weight"}},
		{"relu.npz", "relu", relu, []string{"0.weight", "2.weight", "4.weight"}},
		{"relu.mat", "relu", relu, []string{"W1", "W2", "W3"}},
		{"relu.onnx", "relu", Options{}, []string{"0.weight", "2.weight", "4.weight"}},
		{"softmax.onnx", "relu", Options{}, []string{"0.0.weight", "0.2.weight", "0.4.weight"}},
		{"half.safetensors", "", Options{Activation: "tanh"}, []string{"0.weight", "2.weight"}},
		{"gelu.onnx", "", Options{}, []string{"0.weight", "2.weight"}},
		{"silu.onnx", "", Options{}, []string{"0.weight", "2.weight"}},
		{"leaky.onnx", "", Options{}, []string{"0.weight", "2.weight"}},
		{"tanh.onnx", "", Options{}, []string{"onnx::MatMul_8", "onnx::MatMul_9"}},
		{"softplus.onnx", "", Options{}, []string{"0.0.weight", "0.2.weight"}},
		{"flatten.onnx", "", Options{}, []string{"1.weight", "4.weight"}},
		{"batchnorm.onnx", "", Options{}, []string{"0.weight", "3.weight"}},
		{"scaled.onnx", "", Options{}, []string{"net.0.weight", "net.2.weight", "scaling"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			net, info, err := Load(filepath.Join("testdata", c.file), c.options)
			if err != nil {
				t.Fatal(err)
			}
			like := c.like
			if like == "" {
				like = c.file
			}
			pytorch(t, like).check(t, net)
			if !slices.Equal(info.Names, c.names) {
				t.Errorf("layers %q, want %q", info.Names, c.names)
			}
			if want := filepath.Ext(c.file)[1:]; info.Format != want {
				t.Errorf("format %s, want %s", info.Format, want)
			}
		})
	}
}

func TestLoadGoesByExtensionThenContent(t *testing.T) {
	for _, c := range []struct{ file, as, format string }{
		{"relu.safetensors", "model.SafeTensors", "safetensors"},
		{"relu.safetensors", "model.ckpt", "safetensors"},
		{"relu.npz", "model", "npz"},
		{"relu.mat", "model.dat", "mat"},
		{"relu.onnx", "model.bin", "onnx"},
	} {
		_, info, err := Load(write(t, c.as, fixture(t, c.file)), relu)
		if err != nil || info.Format != c.format {
			t.Errorf("%s as %s: format %q, %v", c.file, c.as, info.Format, err)
		}
	}

	_, info, err := Load(write(t, "tiny.txt", []byte(tinyNNET)), Options{})
	if err != nil || info.Format != "nnet" {
		t.Errorf("nnet as txt: format %q, %v", info.Format, err)
	}
}

func TestLoadRefusesOtherFiles(t *testing.T) {
	for _, c := range []struct {
		name, content string
		words         []string
	}{
		{"model.txt", "hello", []string{"model.txt", "safetensors, PyTorch, npz, mat, nnet or onnx"}},
		{"model.h5", "\x89HDF\r\n\x1a\n", []string{"HDF5", "ONNX"}},
		{"model.pkl", "\x80\x04\x95", []string{"pickled", "torch.save"}},
		{"model.npz", "hello", []string{"model.npz", "zip"}},
		{"empty.safetensors", "", []string{"empty.safetensors", "header too small"}},
	} {
		_, _, err := Load(write(t, c.name, []byte(c.content)), relu)
		checkError(t, err, c.words...)
	}

	_, _, err := Load("testdata/missing.onnx", relu)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	_, _, err = Load("testdata", relu)
	checkError(t, err, "testdata")
}

// A file that begins like none of the formats is refused before much of it is read. The sparse file
// of 1.9 GB takes no space on disk, but reading it would take memory and seconds.
func TestLoadReadsNoLargeFileOfNoFormat(t *testing.T) {
	for _, name := range []string{"model", "model.pt", "model.onnx", "model.nnet"} {
		file := filepath.Join(t.TempDir(), name)
		err := os.WriteFile(file, nil, 0o644)
		if err == nil {
			err = os.Truncate(file, 1900<<20)
		}

		if err != nil {
			t.Skip(err)
		}

		_, _, err = Load(file, Options{})
		if err == nil || !strings.Contains(err.Error(), "it does not begin like a safetensors") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestActivationsOfSilentFiles(t *testing.T) {
	content := fixture(t, "relu.safetensors")
	net, info := read(t, "safetensors", content, Options{Activation: "leaky_relu", Slope: new(0.5), Output: "tanh"})
	for i, want := range []string{"leaky_relu(0.5)", "leaky_relu(0.5)", "tanh"} {
		if got := net.Layers[i].Activation.String(); got != want {
			t.Errorf("layer %d is followed by %s, want %s", i+1, got, want)
		}
	}

	checkNotes(t, info, "output's activation: taken as tanh")
	for _, c := range []struct {
		options Options
		words   []string
	}{
		{Options{}, []string{"does not specify the activation", "relu", "softplus"}},
		{Options{Activation: "leaky_relu"}, []string{"needs its slope", "--slope"}},
		{Options{Activation: "relu", Output: "leaky_relu"}, []string{"output", "needs its slope"}},
		{Options{Activation: "rleu"}, []string{`"rleu"`, "relu"}},
		{Options{Activation: "relu", Output: "softmax"}, []string{"output", `"softmax"`}},
		{Options{Activation: "leaky_relu", Slope: &nan}, []string{"slope NaN"}},
	} {
		_, _, err := formatNamed("safetensors").loadContent(content, c.options)
		checkError(t, err, c.words...)
	}
}

func TestActivationsThatTheFileSaysGoFirst(t *testing.T) {
	net, info := read(t, "onnx", fixture(t, "tanh.onnx"), relu)
	if got := net.Layers[0].Activation.String(); got != "tanh" {
		t.Errorf("activation %s, want tanh", got)
	}
	checkNotes(t, info, "are not used")
}
