package trainer

import (
	"os/exec"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestGorgoniaRunsOnThisGo fails if a dependency update drops the pin of assume-no-moving-gc.
// Gorgonia requires an older release of it, which panics at the start of every program built with a
// Go version that it does not know.
func TestGorgoniaRunsOnThisGo(t *testing.T) {
	const (
		module = "go4.org/unsafe/assume-no-moving-gc"
		inert  = "v0.0.0-20231121144256-b99613f794b6" // the first that accepts every Go version
	)

	// The build information of a test binary does not list modules.
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", module).CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if version := strings.TrimSpace(string(out)); version < inert {
		t.Errorf("go.mod has %s %s, want %s or later", module, version, inert)
	}

	g := G.NewGraph()
	x := G.NewVector(g, G.Float64, G.WithShape(3), G.WithName("x"), G.WithValue(viewOf([]float64{1, 2, 3}, 3).tensor))
	squares := G.Must(G.Sum(G.Must(G.Square(x))))
	var total G.Value
	G.Read(squares, &total)
	grads, err := G.Grad(squares, x)
	if err != nil {
		t.Fatal(err)
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got := total.Data().(float64); got != 14 {
		t.Errorf("1² + 2² + 3² = %v", got)
	}
	checkClose(t, "gradient", grads[0].Value().Data().([]float64), []float64{2, 4, 6}, 0)
}
