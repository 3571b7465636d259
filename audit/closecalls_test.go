package audit

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// narrow returns a network of leaky ReLUs whose class is 2 in the box of 0.3 around (0, 0, 1, 0),
// except in a corner that 2 of 40,000 random points hit.
var narrow = []struct {
	rows    int
	weights []float64
	bias    []float64
}{
	{rows: 5, weights: []float64{
		-1.17, -0.83, 0.13, 1.52,
		-1.33, 1.56, -0.2, -2.29,
		2.19, 0.06, -0.03, -0.46,
		-0.01, 2.13, 0.91, 2.26,
		0.87, -0.33, 0.56, 1.1,
	}, bias: []float64{-0.56, -0.21, 0.04, 0.46, -0.23}},
	{rows: 6, weights: []float64{
		-0, -0.6, 1.27, 1.45, -3.19,
		-1.47, 2.4, 0.65, -0.73, 2.18,
		-1.44, 0.67, -0.48, 2.98, 0.81,
		-2.33, 1.26, 1.41, -1.62, -0.05,
		0.14, -0.48, -0.15, -1.02, -0.06,
		-0.39, -0.68, 1.56, -1.32, 0.09,
	}, bias: []float64{-0.23, -0.12, 0.09, 0.51, 0.63, -0.06}},
	{rows: 8, weights: []float64{
		1.84, 1.86, 1.83, 2.45, -1.16, -1.85,
		-0.79, 1.62, 0.73, 1.03, 0.4, -0.15,
		-0.39, 0.9, 0.01, -0.25, 3.02, -1.04,
		-2.09, -1.5, -1, -0.75, -2.02, 0.33,
		0.3, -1.46, -2.28, 2.17, 2.3, 0.29,
		1.7, -2.28, -0.59, -0.68, 0.3, 0.31,
		-0.22, -2.19, 1.53, 2.16, 0.91, -1.11,
		-0.74, -0.97, 1.96, -1.58, -0.59, 2.1,
	}, bias: []float64{-0.01, -0.71, 0.31, 0.11, -0.32, -0.55, 0.1, -0.9}},
	{rows: 4, weights: []float64{
		0.46, -1.62, -0.22, -0.52, -0.14, -0.05, -2.06, -0.27,
		0.57, -0.34, 1.8, -0.14, 0.69, 1.03, -0.87, 0.56,
		3.65, 0.61, 1.18, 0.36, -0.15, 1.88, -1.37, -1.24,
		-0.87, -0.46, 1.31, -0.07, 0.33, 0.46, -0.39, 0.23,
	}, bias: []float64{0.74, -0.2, 0.62, -0.49}},
}

// TestNarrowRegionsAreFound checks that trials which come close to a narrow region lead into it.
func TestNarrowRegionsAreFound(t *testing.T) {
	leaky, err := network.ParseActivation("leaky_relu", 0.1)
	if err != nil {
		t.Fatal(err)
	}

	var biases [][]float64
	var weights []*mat.Dense
	for _, l := range narrow {
		biases = append(biases, l.bias)
		weights = append(weights, mat.NewDense(l.rows, len(l.weights)/l.rows, l.weights))
	}

	each := []float64{0.3, 0.3, 0.3, 0.3}
	data := Data{Source: "narrow", X: mat.NewDense(1, 4, []float64{0, 0, 1, 0})}
	model := Model{Net: netOf(leaky, biases, weights...), File: "narrow"}
	r, err := Run(background, model, data, Options{Tolerance: &Tolerance{Each: each}})
	if err != nil {
		t.Fatal(err)
	}

	// The smallest flip among the 40,000 points has size 0.9298.
	flip := r.Sensitivity.Samples[0].Decision.Flip
	if r.Decisions.At.Flipped != 1 || !(flip <= 0.9298) {
		t.Errorf("the smallest flip found has size %v, but a random point has one of size 0.9298", flip)
	}
}
