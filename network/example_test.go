package network_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// The value and the Jacobian of relu(3x₁) + relu(4x₂) at two points in one pass.
func ExamplePass() {
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 2, []float64{3, 0, 0, 4}), Activation: network.ReLU},
		{Weight: mat.NewDense(1, 2, []float64{1, 1})},
	}}
	pass := network.NewPass[float64](net, 2)
	fmt.Println("values", pass.Forward([]float64{1, 1, 1, -1}, 2))
	fmt.Println("Jacobians", pass.Jacobian(2))
	// Output:
	// values [7 3]
	// Jacobians [3 4 3 0]
}

// GELU has slopes below 0 and above 1.
func ExampleActivation_SlopeRange() {
	for _, name := range []string{"relu", "tanh", "sigmoid", "gelu"} {
		a, err := network.ParseActivation(name, 0)
		if err != nil {
			panic(err)
		}
		low, high := a.SlopeRange()
		fmt.Printf("%-7v [%.4g, %.4g]\n", a, low, high)
	}
	// Output:
	// relu    [0, 1]
	// tanh    [0, 1]
	// sigmoid [0, 0.25]
	// gelu    [-0.1289, 1.129]
}
