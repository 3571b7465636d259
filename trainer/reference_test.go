package trainer

import (
	"archive/zip"
	"math"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/network"
)

// Named networks have the same initial parameters as in the code that they come from, to the bit.
func TestNamedNetworksStartAsTheirCode(t *testing.T) {
	for _, test := range []struct {
		name   string
		seed   uint64
		shape  [3]int
		digest string
	}{
		{"CNN_5", 42, [3]int{1, 28, 28}, "2728d047f73a103c29f486bca72ad666744cfb0885fef982891ce49539eddd63"},
		{"GELU_CNN_4", 43, [3]int{3, 32, 32}, "e5940f5e20c308ea95527d9406e9c653b13b7f383804c21ceadb552b84f735de"},
	} {
		if got := digest(t, namedModel[float32](t, test.name, test.seed, test.shape).params); got != test.digest {
			t.Errorf("%s, seed %d: the initial parameters have the digest %s, want %s", test.name, test.seed, got, test.digest)
		}
	}
}

func namedModel[T float32 | float64](t *testing.T, name string, seed uint64, shape [3]int) *model[T] {
	t.Helper()
	specs, err := NamedLayers(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newModel[T](Config{Layers: specs, Init: Init{TorchInit, 1}, Seed: seed}, shapeOf(shape), 10)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The reference is GELU_CNN_4 after 20 epochs of training by the paper's code: its outputs for five
// pictures, computed by PyTorch in float64, and the norms of its layers, computed from the
// eigenvalues of unrolled matrices.
func TestOutputsAndNormsArePyTorchs(t *testing.T) {
	archive := readArchive(t, "testdata/gelucnn4_seed43.npz")
	m := namedModel[float64](t, "GELU_CNN_4", 43, [3]int{3, 32, 32})
	copy(m.params, archive["params"].Values)
	pixels, want := archive["images"].Values, archive["logits"].Values
	for i := range pixels {
		pixels[i] = float64(float32(pixels[i]) / 255)
	}

	net := m.network()
	got := network.NewPass[float64](net, 5).Forward(pixels, 5)
	for i, v := range got {
		if math.Abs(v-want[i]) > 1e-11 {
			t.Errorf("output %d is %v, want %v", i, v, want[i])
		}
	}

	norms := []float64{1.763026745769575, 2.350893856726862, 4.0398262890113825, 4.700989213616223, 1.0868257150146736}
	for _, l := range net.Layers {
		if l.Pool != nil {
			continue
		}
		top := bounds.MapNorm(l.Linear())
		if math.Abs(top.Norm/norms[0]-1) > 1e-12 || top.Upper < norms[0] || top.Upper > norms[0]*(1+1e-9) {
			t.Errorf("norm %v ≤ %v, want %v", top.Norm, top.Upper, norms[0])
		}
		norms = norms[1:]
	}
}

func readArchive(t *testing.T, path string) map[string]*npy.Array {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	arrays := map[string]*npy.Array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if arrays[strings.TrimSuffix(f.Name, ".npy")], err = npy.Read(r); err != nil {
			t.Fatal(err)
		}
	}

	return arrays
}

// The expected numbers of parameters and products are published or counted by hand.
func TestNamedNetworks(t *testing.T) {
	for _, test := range []struct {
		name  string
		shape [3]int
		want  int

		products float64 // of a forward pass of a point
	}{
		{"CNN_5", [3]int{1, 28, 28}, 378*25 + 89*5, 9*5*(784+10*784+2*20*196+4*40*49) + 400},
		{"CNN_11", [3]int{3, 32, 32}, 378*121 + 107*11, 9*11*(3*1024+22*1024+2*44*256+4*88*64) + 880},
		{"ConvBase", [3]int{1, 1, 40}, 5210, 31750},
		{"ConvBase_21", [3]int{1, 1, 40}, 6*21*21 + 58*21 + 10, 95*21 + 45*21*21 + 50*21},
		{"MLPBase", [3]int{1, 1, 40}, 15210, 15000},
	} {
		specs, err := NamedLayers(test.name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Config{Layers: specs}.Parameters(test.shape, 10)
		if err != nil || got != test.want {
			t.Errorf("%s: %d parameters (%v), want %d", test.name, got, err, test.want)
		}

		products, err := Config{Layers: specs}.Products(test.shape, 10)
		if err != nil || products != test.products {
			t.Errorf("%s: %v products (%v), want %v", test.name, products, err, test.products)
		}
	}

	for _, name := range []string{"CNN", "CNN_0", "CNN_05", "ConvBase_", "MLPBase_x", "", "CNN_99999999999999999999"} {
		if _, err := NamedLayers(name); err == nil {
			t.Errorf("%q is the name of a network", name)
		}
	}
}

// The shapes of every layer are known by hand, for CNN_5 and for a network with overlapping windows
// and a residual block.
func TestShapes(t *testing.T) {
	parsed, err := ParseLayersText("[{conv: {channels: 4, size: 5, stride: 2}}, {max_pool: {size: 3, stride: 1, padding: 1}}, " +
		"{residual: [{conv: {channels: 4, size: 3, padding: 1}}]}, {avg_pool: global}, {dense: 7}]")
	if err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		layers []LayerSpec
		points [3]int
		want   string
	}{
		{namedLayers(t, "CNN_5"), [3]int{1, 28, 28}, "1×28×28, conv 5×28×28, max_pool 5×28×28, conv 10×28×28, max_pool 10×14×14, " +
			"conv 20×14×14, max_pool 20×7×7, conv 40×7×7, max_pool 40, dense 10"},
		{parsed, [3]int{1, 1, 40}, "1×40, conv 4×18, max_pool 4×18, residual 4×18, avg_pool 4, dense 7, dense 10"},
	} {
		shapes, err := Config{Layers: test.layers}.Shapes(test.points, 10)
		if got := strings.Join(shapes, ", "); err != nil || got != test.want {
			t.Errorf("got %s (%v)\nwant %s", got, err, test.want)
		}
	}
}
