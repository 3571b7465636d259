package tracker

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// paperCNN is the official CNN_w without biases: four convolutions, each with a max-pool.
func paperCNN(t *testing.T, r *rand.Rand, in conv.Shape, w int, a network.Activation, outs int) *network.Network {
	t.Helper()
	net := &network.Network{}
	for i, window := range []int{1, 2, 2, in.Height / 4} {
		shape, err := conv.NewConv(in, w<<i, conv.Square(3, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		kernel := testnet.Matrix(1, shape.Kernel(), func() float64 { return r.NormFloat64() / math.Sqrt(3*float64(shape.FanIn())) })
		net.Layers = append(net.Layers, network.NewConvLayer(shape, kernel.RawRowView(0), nil, a))

		grid, err := conv.NewPool(shape.Out(), conv.Square(window, window, 0))
		if err != nil {
			t.Fatal(err)
		}
		net.Layers = append(net.Layers, network.Layer{Pool: network.NewMaxPool(grid)})
		in = grid.Pooled()
	}

	last := testnet.Matrix(outs, in.Size(), func() float64 { return r.NormFloat64() / math.Sqrt(3*float64(in.Size())) })
	net.Layers = append(net.Layers, network.Layer{Weight: last})
	if err := net.Validate(); err != nil {
		t.Fatal(err)
	}
	return net
}

func smoothActivation(t *testing.T, name string) network.Activation {
	t.Helper()
	a, err := network.ParseActivation(name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The official networks with GELU, at the sizes of MNIST and CIFAR-10, where absolute weights over
// all layers reserve a tenth of the norm or all of it. The lower bound is just below the norm that
// plain loops find.
func TestGELUNetworksHaveLowerBounds(t *testing.T) {
	for name, c := range map[string]struct {
		in    conv.Shape
		width int
	}{
		"GELU_CNN_2, MNIST": {conv.Shape{Channels: 1, Height: 28, Width: 28}, 2},
		"GELU_CNN_3, CIFAR": {conv.Shape{Channels: 3, Height: 32, Width: 32}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := generator(41)
			net := paperCNN(t, r, c.in, c.width, smoothActivation(t, "gelu"), 10)
			s := &Snapshot{Net: net, Probes: Probes{X: randomPoints(r, 6, net.In(), 1)}}

			// A black frame, as in pictures of digits, makes windows with ties.
			for i := range 6 {
				row := s.Probes.X.RawRowView(i)
				clear(row[:len(row)/4])
			}

			truth := 0.0
			for i := range 6 {
				truth = max(truth, plainNorm(net, s.Probes.X.RawRowView(i)))
			}
			reserve := jacobianError(net, len(net.Layers), s.Probes.reach())
			if reserve < keptReserve*truth {
				t.Errorf("the reserve for all points, %g of %g, puts nothing to the test", reserve, truth)
			}

			got := measure(t, jacobian{}, s)[series.LowerBound]
			if !(got >= truth*(1-1e-8) && got <= truth*(1+1e-14)) {
				t.Errorf("%s = %g, the largest norm is %g", series.LowerBound, got, truth)
			}

			// Searches and grids find norms at points other than the data.
			x := s.Probes.X.RawRowView(2)
			truth = plainNorm(net, x)
			got, warning := surelyReached(net, truth, x)
			if !(got >= truth*(1-1e-8) && got <= truth*(1+1e-14)) {
				t.Errorf("surely reached %g, the norm is %g: %s", got, truth, warning)
			}

			if got := measure(t, altLowerBound{}, s)[series.AltLowerBound]; !(got > 0 && got <= truth*100) {
				t.Errorf("%s = %g", series.AltLowerBound, got)
			}
		})
	}
}

// For layers of every kind with smooth activations, the proved norm is just below the norm in 300
// bits.
func TestProvedNormsOfLayersAreCloseBelowTheTruth(t *testing.T) {
	for seed := range uint64(3) {
		r := generator(50 + seed)
		nets := testnet.Layered(r)
		for _, name := range []string{"gelu", "tanh"} {
			shape := conv.Shape{Channels: 1 + int(seed%3), Height: 8, Width: 8}
			nets["paper's "+name] = paperCNN(t, r, shape, 1+int(seed%2), smoothActivation(t, name), 4)
		}

		for name, net := range nets {
			x := randomPoints(generator(60+seed), 1, net.In(), float64(1+2*seed)).RawRowView(0)
			want := preciseNorm(net, x)
			got := provedNorm(net, len(net.Layers), Norm2, x)
			if !(got <= want*(1+1e-15) && got >= want*(1-1e-9)) {
				t.Errorf("%s, seed %d: proved %g, want just below %g (short by %.2g)", name, seed, got, want, 1-got/want)
			}
		}
	}
}

// If the numbers of a window differ by less than their rounding errors, either may be the largest,
// and the proof allows for both. Here the number computed as the largest has the steeper row.
func TestProvedNormsDoubtCloseChoices(t *testing.T) {
	pool := &network.MaxPool{In: 2, Windows: [][]int32{{0, 1}}}
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 2, []float64{0.1, 0.2, 3, 0}), Bias: []float64{3, 3}},
		{Pool: pool},
	}}

	clear := provedNorm(net, 2, Norm2, []float64{1, 2})
	if want := 3.0; !near(clear, want, 1e-12) || clear > want {
		t.Errorf("a clear choice: %g, want %g", clear, want)
	}
	if got := provedNorm(net, 2, Norm2, []float64{0x1p-51, 0}); got > math.Hypot(0.1, 0.2) {
		t.Errorf("a choice in doubt: proved %g", got)
	}
}

func BenchmarkProvedNormOfLayers(b *testing.B) {
	var t testing.T
	r := generator(41)
	a, _ := network.ParseActivation("gelu", 0)
	net := paperCNN(&t, r, conv.Shape{Channels: 3, Height: 32, Width: 32}, 3, a, 10)
	x := randomPoints(r, 1, net.In(), 1).RawRowView(0)
	for b.Loop() {
		provedNorm(net, len(net.Layers), Norm2, x)
	}
}

// plainNorm returns the 2-norm of the Jacobian of a network of dense and convolutional layers with
// gelu, max-pools and no residual blocks, by plain loops.
func plainNorm(net *network.Network, x []float64) float64 {
	values := x
	var slopes [][]float64
	var chosen [][]int32
	for _, l := range net.Layers {
		z, slope, at := make([]float64, l.Out()), make([]float64, l.Out()), make([]int32, l.Out())
		for i := range z {
			slope[i] = 1
			if l.Pool != nil {
				at[i] = l.Pool.Windows[i][0]
				for _, j := range l.Pool.Windows[i] {
					if values[j] > values[at[i]] {
						at[i] = j
					}
				}
				z[i] = values[at[i]]
				continue
			}

			l.Linear().Row(i, func(j int, v float64) { z[i] += v * values[j] })
			if !l.Activation.IsIdentity() {
				below := math.Erfc(-z[i]/math.Sqrt2) / 2
				slope[i] = below + z[i]*math.Exp(-z[i]*z[i]/2)/math.Sqrt(2*math.Pi)
				z[i] *= below
			}
		}
		values, slopes, chosen = z, append(slopes, slope), append(chosen, at)
	}

	outs := net.Out()
	b := mat.DenseCopyOf(identityMatrix(outs))
	for k := len(net.Layers) - 1; k >= 0; k-- {
		l := net.Layers[k]
		next := mat.NewDense(outs, l.In(), nil)
		for r := range outs {
			from, to := b.RawRowView(r), next.RawRowView(r)
			for i, v := range from {
				if l.Pool != nil {
					to[chosen[k][i]] += v
					continue
				}
				l.Linear().Row(i, func(j int, w float64) { to[j] += v * slopes[k][i] * w })
			}
		}
		b = next
	}

	return linalg.SpectralNorm(b)
}

// preciseGELU returns z·Φ(z) and its slope. Φ(z) = ½ + φ(z)·Σ z^(2n+1)/(2n+1)!!.
func preciseGELU(z *big.Float) (value, slope *big.Float) {
	bits := z.Prec()
	number := func() *big.Float { return new(big.Float).SetPrec(bits) }
	const digits = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534"
	pi, _ := number().SetString(digits)

	square := number().Mul(z, z)
	exponent := number().Quo(square, big.NewFloat(-2))
	density := number().Quo(preciseExp(exponent), number().Sqrt(number().Add(pi, pi)))

	term, sum := number().Set(z), number()
	for n := 1; term.Sign() != 0 && term.MantExp(nil) > sum.MantExp(nil)-int(bits) || n < 3; n += 2 {
		sum.Add(sum, term)
		term.Mul(term, square)
		term.Quo(term, big.NewFloat(float64(n+2)))
	}

	below := number().Add(big.NewFloat(0.5), number().Mul(density, sum))
	return number().Mul(z, below), number().Add(below, number().Mul(z, density))
}
