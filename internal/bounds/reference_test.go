package bounds

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// The figures of docs/reference-networks.md that need no download, to the digits given there.
func TestReferenceNetworks(t *testing.T) {
	tiny := &network.Network{Layers: []network.Layer{
		{
			Weight: mat.NewDense(3, 3, []float64{3, -1, 2, -2, 7, 1, 5, -3, -1}), Bias: []float64{3, 4, 2},
			Activation: network.ReLU,
		},
		{Weight: mat.NewDense(3, 3, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1})},
	}}

	for _, test := range []struct {
		name                    string
		net                     *network.Network
		optimum, lower, highest string
	}{
		{"LipSDP's example", published[float64](t, "lipsdp_random.f64", 2, 10, 30, 20, 2), "36.4822", "36.4822", "36.4822"},
		{"LipSDP's MNIST", published[float32](t, "lipsdp_mnist.f32", 784, 50, 10), "24.3664", "24.2992", "24.3069"},
		{"tiny", tiny, "9.10111", "9.10111", "9.10111"},
	} {
		s, err := Enclose(test.net, nil, Effort{})
		if err != nil {
			t.Fatal(err)
		}

		optimum := mustBounds(t, test.net).LipSDPOptimal()
		for _, figure := range []struct {
			name, want string
			got        float64
		}{{"optimum", test.optimum, optimum}, {"lower", test.lower, s.Lower}, {"upper", test.highest, s.Upper}} {
			if got := fmt.Sprintf("%.6g", figure.got); got != figure.want {
				t.Errorf("%s, %s: %s, want %s", test.name, figure.name, got, figure.want)
			}
		}
	}
}
