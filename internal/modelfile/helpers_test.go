package modelfile

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// outputTolerance is for outputs of order 1 to 10 that two programs compute in float64; their sums
// and special functions differ in the last places.
const outputTolerance = 1e-12

// write writes a file in a temporary folder and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func formatNamed(name string) format {
	return formats[slices.IndexFunc(formats, func(f format) bool { return f.name == name })]
}

// read loads the network in content, a file of the given format.
func read(t *testing.T, format string, content []byte, o Options) (*network.Network, Info) {
	t.Helper()
	net, info, err := formatNamed(format).loadContent(content, o)
	if err != nil {
		t.Fatal(err)
	}
	return net, info
}

// evaluations holds points and the outputs of a network there.
type evaluations struct{ Points, Outputs [][]float64 }

// pytorch returns what PyTorch computed for a fixture.
func pytorch(t *testing.T, name string) evaluations {
	t.Helper()
	all := map[string]evaluations{}
	if err := json.Unmarshal(fixture(t, "expected.json"), &all); err != nil {
		t.Fatal(err)
	}
	e, ok := all[name]
	if !ok {
		t.Fatalf("no expected outputs for %s", name)
	}
	return e
}

// check compares the network's outputs with the expected ones.
func (e evaluations) check(t *testing.T, net *network.Network) {
	t.Helper()
	for i, x := range e.Points {
		if len(x) != net.In() {
			t.Fatalf("network of %d inputs, points of %d", net.In(), len(x))
		}
		checkNear(t, network.NewPass[float64](net, 1).Forward(x, 1), e.Outputs[i], outputTolerance)
	}
}

func checkNear(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d numbers %v, want %d", len(got), got, len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("number %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// checkError fails the test unless err mentions all words.
func checkError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that mentions %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not mention %q", err, w)
		}
	}
}

func checkNotes(t *testing.T, info Info, words ...string) {
	t.Helper()
	all := strings.Join(info.Notes, "\n")
	for _, w := range words {
		if !strings.Contains(all, w) {
			t.Errorf("notes %q do not mention %q", info.Notes, w)
		}
	}
}

// checkWeights compares the weights, row by row, and the biases of each layer.
func checkWeights(t *testing.T, net *network.Network, weights, biases [][]float64) {
	t.Helper()
	if len(net.Layers) != len(weights) {
		t.Fatalf("%d layers, want %d", len(net.Layers), len(weights))
	}
	for i, l := range net.Layers {
		checkNear(t, l.Weight.RawMatrix().Data, weights[i], 0)
		checkNear(t, l.Bias, biases[i], 0)
	}
}
