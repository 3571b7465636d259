package tracker

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// proofBlock is the number of layers over which errors are carried by the product of the layers'
// matrices, which stays small where the product of their norms grows.
const proofBlock = 8

// proof evaluates a network and its Jacobian at one point, layer by layer, with running bounds on
// the actual rounding errors. It takes products of matrices for each layer, so it is for few
// points; over many, [jacobianError] bounds the errors of all at once, from products of absolute
// weights.
//
// Let a_k be the computed values and J_k the computed Jacobian after layer k, and let a_k(x) and
// J_k(x) be exact. Then
//
//	a_k − a_k(x) = D′W(a_{k−1} − a_{k−1}(x)) + v_k
//	J_k − J_k(x) = D′W(J_{k−1} − J_{k−1}(x)) + g_k
//
// where the slopes D′ lie between the slopes at the two arguments, and v_k and g_k are the errors
// that the layer itself adds: γ times sums of magnitudes for the rounding of its sums, and in g_k
// the doubt about its slopes times W·J_{k−1}. So the matrices D′W carry both errors forward, and
// every bound is local.
//
// Weights and Jacobians are scaled by powers of 2 to magnitudes near 1, so that nothing overflows
// or underflows unless the values do.
type proof struct {
	values      []float64
	valuesOff   carried
	jacobian    *mat.Dense // times 2^exponent
	jacobianOff carried
	exponent    int

	// block is the product of the scaled matrices D·W since the block began, times 2^blockExponent;
	// blockOff bounds its error in the Frobenius norm.
	block         *mat.Dense
	blockOff      float64
	blockExponent int
	layers        int // in the block
}

// carried is a bound on the 2-norm of an error: the error at the start of the block, the error that
// arose within it, and both together after the layers so far.
type carried struct{ before, within, total float64 }

// advance carries an error through a layer that adds its own error. Layer bounds the norm of the
// layer's matrix, and block bounds the norm of the product since the block began.
func (c *carried) advance(layer, block, own float64) {
	c.within = rounding.AddUp(rounding.MulUp(layer, c.within), own)
	through := rounding.AddUp(rounding.MulUp(block, c.before), c.within)
	c.total = min(through, rounding.AddUp(rounding.MulUp(layer, c.total), own))
}

// beginBlock begins a block: all of the error now counts as coming from before it.
func (c *carried) beginBlock() {
	*c = carried{before: c.total, total: c.total}
}

// scaleByPower divides the error by 2^exponent, rounding up.
func (c *carried) scaleByPower(exponent int) {
	c.before = rounding.LdexpUp(c.before, -exponent)
	c.within = rounding.LdexpUp(c.within, -exponent)
	c.total = rounding.LdexpUp(c.total, -exponent)
}

// provedNorm returns a proved lower bound on the norm of the Jacobian of the first k layers at x.
// It is +Inf if the norm is proved to be beyond float64, and 0 if nothing can be proved.
func provedNorm(net *network.Network, k int, n Norm, x []float64) float64 {
	if !net.IsDense() {
		part := net.UpTo(k)
		j, off := followLayers(part, sumsOfLayers(part), x).jacobian()
		scaled, exponent := scaledToOne(j)
		off = rounding.AddUp(rounding.LdexpUp(off, -exponent), rounding.Tiny) // for what underflows
		return surelyAtLeast(scaled, off, exponent, n)
	}

	// The values begin with x and the Jacobian with the identity, both exact.
	p := &proof{values: x, jacobian: identityMatrix(len(x))}
	p.beginBlock()
	for _, l := range net.Layers[:k] {
		p.addLayer(l)
	}

	return surelyAtLeast(p.jacobian, p.jacobianOff.total, p.exponent, n)
}

// surelyAtLeast returns a lower bound on the norm of 2^exponent times a Jacobian that is off by at
// most off in the 2-norm. It is 0 if no larger bound is proved.
func surelyAtLeast(jacobian *mat.Dense, off float64, exponent int, n Norm) float64 {
	// Subtract the error of the Jacobian and the rounding of the norm itself from the computed
	// norm. In the 1- and ∞-norm, the error in the 2-norm counts √(the larger side) times.
	rows, cols := jacobian.Dims()
	norm := make([]float64, 1)
	n.each(norm, jacobians{jacobian.RawMatrix().Data, 1, rows, cols})
	if n != Norm2 {
		off *= math.Sqrt(float64(max(rows, cols)))
	}

	ofNorm := rounding.Gamma(4*(rows+cols)+perLayer) * mat.Norm(jacobian, 2)
	lower := norm[0] - rounding.SumUp(off+ofNorm, 2)
	// It may be NaN if values were beyond float64.
	if !(lower > 0) {
		return 0
	}

	scaled := math.Ldexp(lower, exponent)
	roundedUp := math.Ldexp(scaled, -exponent) > lower // as a subnormal number may be
	if !math.IsInf(scaled, 1) && roundedUp {
		scaled = math.Nextafter(scaled, 0)
	}

	return scaled
}

func (p *proof) beginBlock() {
	p.valuesOff.beginBlock()
	p.jacobianOff.beginBlock()
	p.block, p.blockOff = identityMatrix(len(p.values)), 0
	p.blockExponent, p.layers = 0, 0
}

// addLayer evaluates the next layer.
func (p *proof) addLayer(l network.Layer) {
	// Rounding and the incoming errors determine the width of the interval of each slope.
	z, argumentOff := p.arguments(l)
	slopes, doubt := p.slopes(l, z, argumentOff)

	value, valueOff := slices.Clone(z), make([]float64, len(z))
	steepest := make([]float64, len(z)) // the largest magnitudes of slopes
	network.Apply(l.Activation, value, nil)
	for i := range z {
		steepest[i] = rounding.Up(math.Abs(slopes[i]) + doubt[i])
		passed := rounding.SumUp(steepest[i]*argumentOff[i], 1)
		valueOff[i] = passed + l.Activation.ValueError(z[i], value[i])
	}

	// The matrix of steepest slopes carries the errors of this layer forward. The block's product
	// does the same for earlier errors and is tighter where norms multiply up.
	weight, exponent := scaledToOne(l.Weight)
	layer := linalg.SpectralNormUpper(scaledRows(weight, steepest))
	block := p.extendBlock(weight, slopes, doubt, layer)
	jacobian, jacobianOff := propagated(weight, p.jacobian, slopes, doubt)
	p.jacobianOff.advance(layer, block, jacobianOff)

	// The values are not scaled, so the norms that carry their errors are scaled back.
	p.blockExponent += exponent
	p.exponent += exponent
	layer = rounding.LdexpUp(layer, exponent)
	block = rounding.LdexpUp(block, p.blockExponent)
	p.valuesOff.advance(layer, block, rounding.Norm2Up(valueOff))

	// Powers of 2 keep the Jacobian near 1; its errors are scaled with it.
	p.values = value
	p.jacobian, exponent = scaledToOne(jacobian)
	p.exponent += exponent
	p.jacobianOff.scaleByPower(exponent)

	// Errors within a block add up by norms of single layers, which grow with depth: a new block
	// starts from the total.
	if p.layers == proofBlock {
		p.beginBlock()
	}
}

// extendBlock multiplies the block by a layer's matrix, whose norm is at most layer, and returns an
// upper bound on the norm of the product.
func (p *proof) extendBlock(weight *mat.Dense, slopes, doubt []float64, layer float64) float64 {
	product, off := propagated(weight, p.block, slopes, doubt)
	p.blockOff = rounding.AddUp(rounding.MulUp(layer, p.blockOff), off)
	p.block = product
	p.layers++
	return rounding.AddUp(linalg.SpectralNormUpper(product), p.blockOff)
}

// arguments returns the pre-activations of a layer, as computed from the values, and bounds on the
// rounding errors of their sums.
func (p *proof) arguments(l network.Layer) (z, off []float64) {
	z, off = make([]float64, l.Out()), make([]float64, l.Out())
	gamma := rounding.Gamma(l.In() + 4)

	for i := range z {
		// A sum of zeros is exact. Without this case dead layers would seem to round.
		magnitudes, exact := 0.0, true
		for j, w := range l.Weight.RawRowView(i) {
			z[i] += w * p.values[j]
			magnitudes += math.Abs(w * p.values[j])
			exact = exact && (w == 0 || p.values[j] == 0)
		}

		if !exact {
			off[i] = rounding.SumUp(gamma*magnitudes, l.In())
		}

		if l.Bias != nil && l.Bias[i] != 0 {
			z[i] += l.Bias[i]
			off[i] += gamma * math.Abs(l.Bias[i])
		}
	}

	return z, off
}

// slopes returns the middles and half the widths of the ranges that contain the slopes of a layer.
func (p *proof) slopes(l network.Layer, z, argumentOff []float64) (middle, half []float64) {
	middle, half = make([]float64, len(z)), make([]float64, len(z))
	for i := range z {
		// The values' error moves pre-activation i by at most ‖row i‖·(their 2-norm error).
		off := rounding.MulUp(rounding.Norm2Up(l.Weight.RawRowView(i)), p.valuesOff.total)
		off = rounding.AddUp(off, argumentOff[i])
		middle[i], half[i] = slopeNear(l.Activation, z[i], off)
	}

	return middle, half
}

// propagated returns D·W·m for the slopes D, and bounds in the Frobenius norm how far it can be
// from the same product with exact slopes and without rounding.
func propagated(weight, m *mat.Dense, slopes, doubt []float64) (product *mat.Dense, off float64) {
	rows, inner := weight.Dims()
	_, cols := m.Dims()
	product, magnitudes := mat.NewDense(rows, cols, nil), mat.NewDense(rows, cols, nil)
	product.Mul(weight, m)
	magnitudes.Mul(absolute(weight), absolute(m))

	// Rounding of the sum is scaled by the slope; doubt about the slope multiplies the whole entry.
	gamma := rounding.Gamma(inner + 4)
	for i := range rows {
		values, errors := product.RawRowView(i), magnitudes.RawRowView(i)
		for d, v := range values {
			ofSum := gamma * errors[d]
			errors[d] = math.Abs(slopes[i])*ofSum + doubt[i]*(math.Abs(v)+ofSum)
			values[d] = slopes[i] * v
		}
	}

	return product, rounding.SumUp(mat.Norm(magnitudes, 2), rows*cols+inner)
}

// localValueErrors bounds, for each of n points, the actual rounding errors of the network's values
// there, in the 2-norm. It is like [proof] for many points at once, but uses only the norms of the
// layers.
func localValueErrors(net *network.Network, x []float64, n int) []float64 {
	off := make([]float64, n)
	if !net.IsDense() {
		sums := sumsOfLayers(net)
		for i := range off {
			point := x[i*net.In():][:net.In()]
			off[i] = rounding.Norm2Up(followLayers(net, sums, point).valuesOff)
		}

		return off
	}

	values := mat.NewDense(n, net.In(), x)
	for _, l := range net.Layers {
		norm := linalg.SpectralNormUpper(l.Weight)
		var z, magnitudes mat.Dense
		z.Mul(values, l.Weight.T())
		magnitudes.Mul(absolute(values), absolute(l.Weight).T())
		for i := range n {
			broughtIn := rounding.MulUp(norm, off[i])
			off[i] = activatedError(l, z.RawRowView(i), magnitudes.RawRowView(i), broughtIn)
		}

		values = &z
	}

	return off
}

// activatedError turns the sums of a layer's products into values, given the sums of their
// magnitudes and a bound on the 2-norm of the error from the values before it. It also bounds the
// error of the new values.
func activatedError(l network.Layer, z, magnitudes []float64, broughtIn float64) float64 {
	gamma := rounding.Gamma(l.In() + 4)
	own, arguments := make([]float64, len(z)), make([]float64, len(z))
	// Each sum rounds by γ times the magnitudes of its terms.
	for i := range z {
		if l.Bias != nil {
			z[i] += l.Bias[i]
			magnitudes[i] += math.Abs(l.Bias[i])
		}

		own[i] = rounding.SumUp(gamma*magnitudes[i], l.In())
	}

	// The slopes are taken over all arguments that the true network can have there.
	copy(arguments, z)
	network.Apply(l.Activation, z, nil)
	steepest := 0.0
	for i, argument := range arguments {
		reach := rounding.AddUp(own[i], broughtIn)
		low := math.Nextafter(argument-reach, math.Inf(-1))
		r := l.Activation.SlopesOn(low, rounding.Up(argument+reach))
		slope := max(math.Abs(r.Low), math.Abs(r.High))
		steepest = max(steepest, slope)
		own[i] = rounding.SumUp(slope*own[i], 1) + l.Activation.ValueError(argument, z[i])
	}

	return rounding.AddUp(rounding.MulUp(steepest, broughtIn), rounding.Norm2Up(own))
}

// scaledToOne returns the matrix divided by a power of 2, so that its largest magnitude is in [½,
// 1), and the exponent.
func scaledToOne(a *mat.Dense) (scaled *mat.Dense, exponent int) {
	_, exponent = math.Frexp(max(mat.Max(a), -mat.Min(a)))
	scaled = new(mat.Dense)
	scaled.Apply(func(_, _ int, v float64) float64 {
		return math.Ldexp(v, -exponent)
	}, a)
	return scaled, exponent
}

// scaledRows returns the matrix with each row multiplied by a factor.
func scaledRows(a *mat.Dense, factors []float64) *mat.Dense {
	scaled := new(mat.Dense)
	scaled.Apply(func(i, _ int, v float64) float64 {
		return v * factors[i]
	}, a)
	return scaled
}

// absolute returns the matrix of absolute values.
func absolute(a *mat.Dense) *mat.Dense {
	magnitudes := new(mat.Dense)
	magnitudes.Apply(func(_, _ int, v float64) float64 {
		return math.Abs(v)
	}, a)
	return magnitudes
}

func identityMatrix(n int) *mat.Dense {
	return mat.NewDense(n, n, identityJacobians(1, n))
}
