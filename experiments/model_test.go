package experiments

import (
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/modelfile"
)

// The tensors of a checkpoint must match its description, which is checked before memory is
// allocated.
func TestModelsThatClaimTooMuch(t *testing.T) {
	values := make([]float64, 30)
	parameters := []modelfile.Parameter{
		{Name: "layers.0.weight", Shape: []int{2, 1, 3}, Values: values[:6]},
		{Name: "layers.3.weight", Shape: []int{2, 12}, Values: values[:24]},
	}

	for layers, words := range map[string]string{
		"[{conv: {channels: 2, size: 3, padding: 1}}]":                                        "",
		"[{conv: {channels: 2, size: 3, padding: 0}}]":                                        "they have 22 parameters, but the tensors hold 30 numbers",
		"[{conv: {channels: 4, size: 3, padding: 1}}]":                                        "they have 60 parameters, but the tensors hold 30 numbers",
		"[{conv: {channels: 1, size: 6, padding: 5, stride: 2}}, {dense: 3}]":                 "tensor layers.0.weight",
		"[{conv: {channels: 1000000000, size: 1000000000, padding: 1000000000}}]":             "outputs and",
		"[{max_pool: {size: 40000000, padding: 20000000, stride: 1}}]":                        "they have 14 parameters",
		"[{conv: {channels: 1, size: 1, padding: 60000000}}, {max_pool: 60000000}]":           "numbers",
		"[{dense: 6, bias: false}":                                                            "yaml",
		"CNN_0":                                                                               "unknown network",
		"[" + strings.Repeat("{residual: [", 99) + "flatten" + strings.Repeat("]}", 99) + "]": "nested in 16 others",
	} {
		_, _, err := buildLayers(modelfile.Architecture{Layers: layers, Input: [3]int{1, 1, 6}, Outputs: 2, Parameters: parameters})
		if words == "" && err != nil || words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
			t.Errorf("%.80s: error %v, want %q", layers, err, words)
		}
	}
}
