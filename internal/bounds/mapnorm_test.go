package bounds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// randomConv returns a small convolution with a random geometry.
func randomConv(t *testing.T, r *rand.Rand) network.Conv {
	t.Helper()
	in := conv.Shape{Channels: 1 + r.IntN(3), Height: 1 + r.IntN(6), Width: 1 + r.IntN(7)}
	var w conv.Window

	for axis, side := range [2]int{in.Height, in.Width} {
		w.Size[axis] = 1 + r.IntN(min(side, 4))
		w.Stride[axis] = 1 + r.IntN(3)
		w.Pad[axis] = r.IntN(w.Size[axis] + 1)
		w.Dilation[axis] = 1 + r.IntN(2)
		if (w.Size[axis]-1)*w.Dilation[axis] >= side+2*w.Pad[axis] {
			w.Dilation[axis] = 1
		}
	}

	c, err := conv.NewConv(in, 1+r.IntN(4), w)
	if err != nil {
		t.Fatal(err)
	}
	kernel := make([]float64, c.Kernel())
	for i := range kernel {
		kernel[i] = r.NormFloat64()
	}
	return network.Conv{Shape: c, Kernel: kernel}
}

// For random convolutions, every bound is above the norm of the unrolled matrix, and the bound by
// the band equals that norm.
func TestConvolutionNormsAgainstTheMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 18))
	for range 2000 {
		c := randomConv(t, r)
		want := linalg.TopSingular(network.Matrix(c), nil)
		what := fmt.Sprintf("%+v", c.Shape)

		top := MapNorm(c)
		if math.Abs(top.Norm-want.Norm) > 1e-9*want.Norm || top.Upper < want.Norm || top.Upper > want.Norm*(1+1e-9) {
			t.Fatalf("%s: norm %v ≤ %v, want %v", what, top.Norm, top.Upper, want.Norm)
		}
		if fourier := fourierNorm(c.Shape, c.Kernel); fourier < want.Norm {
			t.Fatalf("%s: the bound by Fourier transform is %v, below the norm %v", what, fourier, want.Norm)
		}
		if sums := sumsNorm(c); sums < want.Norm*(1-1e-12) {
			t.Fatalf("%s: the bound by sums is %v, below the norm %v", what, sums, want.Norm)
		}
		if power := powerNorm(c); power > want.Upper {
			t.Fatalf("%s: the power method gives %v, above the norm %v", what, power, want.Norm)
		}
	}
}

// At stride 1, on planes that are not tiny compared with their window, the bound by Fourier
// transform is within 10 % of the norm.
func TestFourierNormIsTight(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 18))
	for range 20 {
		c, err := conv.NewConv(conv.Shape{Channels: 2, Height: 8, Width: 8}, 3, conv.Square(3, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		kernel := make([]float64, c.Kernel())
		for i := range kernel {
			kernel[i] = r.NormFloat64()
		}
		norm := MapNorm(network.Conv{Shape: c, Kernel: kernel}).Norm
		if fourier := fourierNorm(c, kernel); fourier > 1.1*norm {
			t.Errorf("bound %v of the norm %v", fourier, norm)
		}
	}
}

// Average pools: the norm is 1/√m for m inputs without overlap, and in any case that of the matrix.
func TestAveragePoolNorms(t *testing.T) {
	for _, test := range []struct {
		w    conv.Window
		want float64
	}{{conv.Square(2, 2, 0), 0.5}, {conv.Square(4, 4, 0), 0.25}, {conv.Square(3, 1, 1), math.NaN()}} {
		g, err := conv.NewPool(conv.Shape{Channels: 2, Height: 8, Width: 8}, test.w)
		if err != nil {
			t.Fatal(err)
		}
		pool := network.NewAvgPool(g, true)
		want := test.want
		if math.IsNaN(want) {
			want = linalg.SpectralNorm(network.Matrix(pool))
		}
		if top := MapNorm(pool); math.Abs(top.Norm-want) > 1e-12 || top.Upper < want || top.Upper > want+1e-9 {
			t.Errorf("%+v: norm %v ≤ %v, want %v", test.w, top.Norm, top.Upper, want)
		}
	}
}

// Extreme scales neither overflow nor lose the norm, and a kernel of zeros has the norm 0.
func TestConvolutionNormsOfAnyScale(t *testing.T) {
	c, err := conv.NewConv(conv.Shape{Channels: 1, Height: 5, Width: 5}, 2, conv.Square(3, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []float64{1e-300, 1e-160, 1, 1e160, 1e300} {
		kernel := make([]float64, c.Kernel())
		for i := range kernel {
			kernel[i] = scale * float64(i%5-2)
		}
		m := network.Conv{Shape: c, Kernel: kernel}
		top, want := MapNorm(m), linalg.SpectralNorm(network.Matrix(m))
		if math.Abs(top.Norm/want-1) > 1e-9 || top.Upper < top.Norm {
			t.Errorf("scale %g: norm %v ≤ %v, want %v", scale, top.Norm, top.Upper, want)
		}
	}

	zero := network.Conv{Shape: c, Kernel: make([]float64, c.Kernel())}
	if top := MapNorm(zero); top.Norm != 0 || top.Upper != 0 {
		t.Errorf("norm of zeros: %v", top)
	}
}

// Blocks: [W; I] has the norm √(1+‖W‖²), and any blocks have the norm of their matrix.
func TestBlockNorms(t *testing.T) {
	w := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6})
	stacked := network.Blocks{Out: 5, In: 2, Parts: []network.Block{
		{Map: network.Dense{M: w}}, {Map: network.NewIdentity(2), Row: 3},
	}}
	want := math.Sqrt(1 + math.Pow(linalg.SpectralNorm(w), 2))
	if top := MapNorm(stacked); math.Abs(top.Norm-want) > 1e-9 || top.Upper < want {
		t.Errorf("norm %v ≤ %v, want %v", top.Norm, top.Upper, want)
	}
}
