package modelfile

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// TestONNXOfOtherLayers loads networks with convolutions, pools, batch normalisations and residual
// blocks that PyTorch exported (testdata/conv/make.py), with and without constant folding. It
// compares the outputs with PyTorch's in float64, for the float32 weights in the files.
func TestONNXOfOtherLayers(t *testing.T) {
	b, err := os.ReadFile("testdata/conv/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ X, Y [][]float64 }
	if err := json.Unmarshal(b, &expected); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/conv/*.onnx")
	if err != nil || len(files) < 2*len(expected) {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		net, info, err := Load(file, Options{})
		if err != nil {
			t.Error(err)
			continue
		}

		want := expected[strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".onnx"), "-dynamic")]
		pass := network.NewPass[float64](net, 1)
		for i, x := range want.X {
			for k, v := range pass.Forward(x, 1) {
				if math.Abs(v-want.Y[i][k]) > 1e-5 {
					t.Errorf("%s: output %d of point %d is %v, want %v", file, k, i, v, want.Y[i][k])
				}
			}
		}
		if len(info.Names) != len(net.Layers) {
			t.Errorf("%s: %d names of %d layers", file, len(info.Names), len(net.Layers))
		}
	}
}
