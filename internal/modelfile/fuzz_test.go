package modelfile

import (
	"testing"

	"github.com/liptrack/liptrack/network"
)

// fuzzFormat checks that for any bytes a format's parser returns either an error or a network that
// is valid, can be evaluated and has a name for each layer.
func fuzzFormat(f *testing.F, name string, o Options, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkHostile(t, name, b, o) })
}

func checkHostile(t *testing.T, format string, b []byte, o Options) {
	net, info, err := formatNamed(format).loadContent(b, o)
	if err != nil {
		return
	}
	if err := net.Validate(); err != nil {
		t.Error(err)
	}
	if len(info.Names) != len(net.Layers) {
		t.Errorf("%d names for %d layers", len(info.Names), len(net.Layers))
	}
	network.NewPass[float64](net, 1).Forward(make([]float64, net.In()), 1)
}

func FuzzSafetensors(f *testing.F) {
	fuzzFormat(f, "safetensors", relu,
		fixture(f, "relu.safetensors"), fixture(f, "half.safetensors"), safetensorsFile(checkpointHeader, checkpointData))
}

func FuzzNPZ(f *testing.F) {
	fuzzFormat(f, "npz", relu,
		fixture(f, "relu.npz"), npzFile(f, archived{"arr_0.npy", dense(2, 3)}, archived{"arr_1.npy", []float64{1, 2}}))
}

// FuzzNPZArrays fuzzes the arrays within an archive, so that the archive's checksums stay valid.
func FuzzNPZArrays(f *testing.F) {
	f.Add("W1", []byte("\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }             \n0123456789abcdef"), "b1", []byte{})
	f.Add("arr_0", []byte{}, "arr_1", []byte{})
	f.Fuzz(func(t *testing.T, name1 string, array1 []byte, name2 string, array2 []byte) {
		checkHostile(t, "npz", npzFile(t, archived{name1 + ".npy", array1}, archived{name2 + ".npy", array2}), relu)
	})
}

func FuzzMAT(f *testing.F) {
	fuzzFormat(f, "mat", relu,
		fixture(f, "relu.mat"), fixture(f, "lipsdp_random_weights.mat"),
		little.file(little.array(matCell, "weights", 1, 1, little.doubles("", 1, 2, 1, 2))),
		little.file(little.doubles("W1", 1, 2, 1, 2), little.doubles("b1", 1, 1, 1)))
}

func FuzzNNET(f *testing.F) {
	fuzzFormat(f, "nnet", Options{Denormalize: true}, []byte(tinyNNET))
}

func FuzzONNX(f *testing.F) {
	var seeds [][]byte
	for _, name := range []string{"relu", "gelu", "silu", "leaky", "tanh", "softplus", "flatten", "batchnorm", "scaled", "softmax"} {
		seeds = append(seeds, fixture(f, name+".onnx"))
	}
	seeds = append(seeds, onnxFile(from(-1, 2), w, b, op("Transpose", "w", "u"), op("Transpose", "u", "q"), op("Gemm", "x q b", "z"), op("Relu", "z", "a"), op("Mul", "a b", "y"), to("y")))
	fuzzFormat(f, "onnx", Options{}, seeds...)
}
