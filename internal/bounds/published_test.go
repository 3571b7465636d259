package bounds

import (
	"fmt"
	"testing"
)

// The bounds of two networks from the literature, to the digits given. LipSDP-Layer and
// LipSDP-Neuron of the first network are reported by arobey1/LipSDP; the rest was measured with an
// independent implementation.
func TestPublished(t *testing.T) {
	random := mustBounds(t, published[float64](t, "lipsdp_random.f64", 2, 10, 30, 20, 2))
	mnist := mustBounds(t, published[float32](t, "lipsdp_mnist.f32", 784, 50, 10))
	at := func(b *Bounds, r rule, scales ...float64) float64 {
		return b.chain.unscaled(b.chain.relax(r).bound(scales))
	}
	linear := func(b *Bounds) float64 { // ‖W_L…W_1‖
		p := approx{m: b.chain.links[0].w}
		for i := range b.chain.links[1:] {
			ones := make([]float64, len(b.chain.links[i].slopes.mid))
			for j := range ones {
				ones[j] = 1
			}
			p = b.chain.links[i+1].times(ones, p, Two)
		}
		return b.chain.unscaled(Two.upperOf(p.m))
	}

	// 1.2 times the row sums, as in that implementation.
	dominantScale := 1.2 / mnist.chain.relax(dominant).first.criticalLambda()
	tests := []struct {
		name string
		got  float64
		want string
	}{
		{"random product", random.Product(Two), "43.3056"},
		{"random LipLT", random.LipLT(Two), "39.8609"},
		{"random ECLipsE-Fast", random.EclipseFast(), "39.9015"},
		{"random scales of 2", at(random, uniform, 2, 2, 2), "39.9015"},
		{"random LipSDP-Layer", random.EclipseScaled(), "39.839"},
		{"random LipSDP-Neuron", random.LipSDP(), "36.482"},
		{"random entrywise", random.Entrywise(Two), "36.4822"},
		{"random linear", linear(random), "36.4822"},
		{"random best", random.Best(Two), "36.4822"},
		{"mnist product", mnist.Product(Two), "31.5035"},
		{"mnist LipLT", mnist.LipLT(Two), "27.7650"},
		{"mnist ECLipsE-Fast", mnist.EclipseFast(), "26.8089"},
		{"mnist scale 1.75", at(mnist, uniform, 1.75), "26.3090"},
		{"mnist diagonal dominance", at(mnist, dominant, dominantScale), "25.8999"},
		{"mnist entrywise", mnist.Entrywise(Two), "130.18"},
		{"mnist linear", linear(mnist), "24.0265"},
	}

	for _, test := range tests {
		var digits int
		for i, c := range test.want {
			if c == '.' {
				digits = len(test.want) - i - 1
			}
		}
		if got := fmt.Sprintf("%.*f", digits, test.got); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}

	// Searches that do better than that implementation.
	better := []struct {
		name      string
		got, than float64
	}{
		{"mnist scale search", mnist.EclipseScaled(), 26.3090},
		{"mnist diagonal search", mnist.EclipseDiagonal(), 25.8999},
		{"mnist LipSDP-Neuron", mnist.LipSDP(), 24.4976},
	}

	for _, test := range better {
		if test.got > test.than || test.got < linear(mnist) {
			t.Errorf("%s: got %.4f, want at most %.4f and at least %.4f", test.name, test.got, test.than, linear(mnist))
		}
	}
}

// Bounds at He's initialisation are close to those that an independent implementation measured for
// other seeds.
func TestHeInitialisation(t *testing.T) {
	const spread = 0.12 // between seeds
	tests := []struct {
		widths                       []int
		product, liplt, fast, scaled float64
	}{
		{[]int{40, 256, 10}, 8.564, 5.702, 6.210, 4.852},
		{[]int{40, 4096, 10}, 23.27, 12.94, 0, 12.26},
		{[]int{40, 64, 64, 10}, 16.70, 10.58, 10.16, 8.825},
	}

	for _, test := range tests {
		b := mustBounds(t, he(3, test.widths...))
		for name, v := range map[string][2]float64{
			"product": {b.Product(Two), test.product}, "LipLT": {b.LipLT(Two), test.liplt},
			"fast": {b.EclipseFast(), test.fast}, "scaled": {b.EclipseScaled(), test.scaled},
		} {
			if got, want := v[0], v[1]; want > 0 && (got > want*(1+spread) || got < want*(1-spread)) {
				t.Errorf("%v: %s is %.3f, want about %.3f", test.widths, name, got, want)
			}
		}
	}
}
