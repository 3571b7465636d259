package audit_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/network"
)

// f(x) = (3x₁, x₂) decides for class 0 if 3x₁ > x₂. The line 3x₁ = x₂ is 2/√10 ≈ 0.632 away from
// (1, 1).
func ExampleRun() {
	net := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(2, 2, []float64{3, 0, 0, 1})}}}
	r, err := audit.Run(context.Background(),
		audit.Model{Net: net, File: "example"},
		audit.Data{X: mat.NewDense(1, 2, []float64{1, 1})},
		audit.Options{Tolerance: &audit.Tolerance{Radius: 0.5}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Lipschitz constant: %.3f to %.3f\n", float64(r.Lipschitz.Lower), float64(r.Lipschitz.Upper))
	fmt.Printf("outputs change by %.3f at most\n", float64(r.Change.Possible))
	d := r.Sensitivity.Samples[0].Decision
	fmt.Printf("class %d up to %.3f, class %d from %.3f on\n", d.Class, float64(d.Safe), *d.FlipTo, float64(d.Flip))
	// Output:
	// Lipschitz constant: 3.000 to 3.000
	// outputs change by 1.500 at most
	// class 0 up to 0.632, class 1 from 0.632 on
}
