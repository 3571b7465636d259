package testnet

import (
	"math"
	"math/rand/v2"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
)

// Layered returns random networks with convolutions, pools and residual blocks; the keys describe
// them.
func Layered(r *rand.Rand) map[string]*network.Network {
	gelu, err := network.ParseActivation("gelu", 0)
	if err != nil {
		panic(err)
	}

	half, moving, wide := conv.Square(2, 2, 0), conv.Square(2, 1, 0), conv.Square(3, 1, 1)
	picture := conv.Shape{Channels: 2, Height: 6, Width: 5}
	first := convLayer(r, picture, 3, wide, network.ReLU)
	strided := convLayer(r, picture, 3, conv.Square(3, 2, 1), network.ReLU)
	smooth := convLayer(r, picture, 4, moving, gelu)
	same := convLayer(r, picture, 2, wide, network.Identity)

	signal := conv.Shape{Channels: 1, Height: 1, Width: 20}
	shorter := conv.Shape{Channels: 3, Height: 1, Width: 9}
	deeper := conv.Shape{Channels: 3, Height: 6, Width: 5}
	small := conv.Shape{Channels: 3, Height: 3, Width: 3}
	smoothed := conv.Shape{Channels: 4, Height: 5, Width: 4}

	// Parameters are drawn from r in this order, so reordering the entries changes the networks.
	return map[string]*network.Network{
		"signal": chain(
			r,
			convLayer(r, signal, 3, conv.Line(5, 2, 1), network.ReLU),
			convLayer(r, shorter, 4, conv.Line(3, 2, 1), network.ReLU),
		),
		"max-pool":    chain(r, first, maxPool(deeper, half)),
		"overlapping": chain(r, first, maxPool(deeper, conv.Square(3, 2, 1))),
		"average": chain(
			r,
			strided,
			network.Layer{Map: network.NewAvgPool(grid(small, moving), true)},
		),
		"gelu": chain(r, smooth, maxPool(smoothed, half)),
		"residual": chain(r, network.NewResidual([]network.Layer{
			dense(r, 7, 12, network.ReLU),
			dense(r, 12, 7, network.Identity),
		}, network.Identity)...),
		"residual pictures": chain(r, network.NewResidual([]network.Layer{
			first,
			convLayer(r, deeper, 2, wide, network.ReLU),
		}, gelu)...),
		"residual pool": chain(r, network.NewResidual([]network.Layer{
			maxPool(picture, wide),
			same,
		}, network.ReLU)...),
		"nested":      chain(r, nested(r, network.Identity, network.ReLU)...),
		"nested gelu": chain(r, nested(r, gelu, gelu)...),
		"nested alone": chain(r, network.NewResidual(
			network.NewResidual([]network.Layer{maxPool(picture, wide), same}, network.Identity),
			gelu,
		)...),
	}
}

// nested returns a residual block whose body contains another. outer and inner are the activations
// of their sums.
func nested(r *rand.Rand, outer, inner network.Activation) []network.Layer {
	block := network.NewResidual([]network.Layer{
		dense(r, 5, 8, network.ReLU),
		dense(r, 8, 5, network.Identity),
	}, inner)
	body := append([]network.Layer{dense(r, 8, 7, inner)}, block...)
	return network.NewResidual(append(body, dense(r, 7, 8, network.Identity)), outer)
}

// chain appends a dense layer with three outputs to layers.
func chain(r *rand.Rand, layers ...network.Layer) *network.Network {
	last := layers[len(layers)-1]
	return &network.Network{Layers: append(layers, dense(r, 3, last.Out(), network.Identity))}
}

func dense(r *rand.Rand, out, in int, a network.Activation) network.Layer {
	// This scale keeps the outputs about as large as the inputs, so that the signal of deep
	// networks neither vanishes nor explodes.
	entry := func() float64 {
		return r.NormFloat64() / math.Sqrt(float64(in))
	}
	l := network.Layer{Weight: Matrix(out, in, entry), Activation: a}
	for range out {
		l.Bias = append(l.Bias, r.NormFloat64()/4)
	}

	return l
}

func convLayer(
	r *rand.Rand,
	in conv.Shape,
	outs int,
	w conv.Window,
	a network.Activation,
) network.Layer {
	c, err := conv.NewConv(in, outs, w)
	if err != nil {
		panic(err)
	}

	kernel, bias := make([]float64, c.Kernel()), make([]float64, outs)
	for i := range kernel {
		kernel[i] = r.NormFloat64() / math.Sqrt(float64(c.FanIn()))
	}
	for i := range bias {
		bias[i] = r.NormFloat64() / 4
	}

	return network.NewConvLayer(c, kernel, bias, a)
}

func maxPool(in conv.Shape, w conv.Window) network.Layer {
	return network.Layer{Pool: network.NewMaxPool(grid(in, w))}
}

func grid(in conv.Shape, w conv.Window) conv.Grid {
	g, err := conv.NewPool(in, w)
	if err != nil {
		panic(err)
	}
	return g
}
