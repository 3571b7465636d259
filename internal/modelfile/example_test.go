package modelfile_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/liptrack/liptrack/internal/modelfile"
)

// An ONNX file contains its activations; for a state_dict they must be given.
func ExampleLoad() {
	for file, o := range map[string]modelfile.Options{
		"relu.onnx": {}, "relu.safetensors": {Activation: "relu"},
	} {
		net, info, err := modelfile.Load("testdata/"+file, o)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d inputs, %d outputs, layers %v\n", info.Format, net.In(), net.Out(), info.Names)
	}

	_, _, err := modelfile.Load("testdata/relu.safetensors", modelfile.Options{})
	problem, _, _ := strings.Cut(err.Error(), ", one of ")
	fmt.Println(problem)
	// Unordered output: onnx: 3 inputs, 2 outputs, layers [0.weight 2.weight 4.weight]
	// safetensors: 3 inputs, 2 outputs, layers [0.weight 2.weight 4.weight]
	// model file testdata/relu.safetensors: reading safetensors: it does not specify the activation of the hidden layers: must be given
}
