package dataset

import (
	"math"

	"github.com/liptrack/liptrack/internal/rng"
)

// digits is the number of MNIST-1D's classes.
const digits = 10

// mnist1dDrawings holds the ten digits, which the authors of MNIST-1D drew as functions of one
// variable.
var mnist1dDrawings = [digits][]float64{
	{5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5},
	{5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5},
	{5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5},
	{5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5},
	{5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5},
	{5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5},
	{5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5},
	{5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5},
	{5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5},
	{5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5},
}

// mnist1dTemplates returns the drawings scaled to mean 0 and standard deviation 1, shifted to start
// at 0, and divided by 6.
func mnist1dTemplates() [][]float64 {
	templates := make([][]float64, digits)
	for d, drawing := range mnist1dDrawings {
		t := append([]float64(nil), drawing...)
		standardise(t)
		start := t[0]
		for i := range t {
			t[i] = (t[i] - start) / 6
		}
		templates[d] = t
	}
	return templates
}

// presence lifts a template off zero, so that any value that is exactly zero later is padding.
const presence = 1e-8

// smoothing is the standard deviation, in places, of the filter that correlates noise.
const smoothing = 2

// signal draws one sample of a digit. The draws follow the order of the reference: padding, scale,
// translation, correlated noise, white noise, shear.
func (c MNIST1DConfig) signal(template []float64, r *rng.NumPy) []float64 {
	least, most := c.Padding[0], c.Padding[1]
	// The number of zeros after the digit is drawn first, because everything later depends on it.
	padded := make([]float64, len(template)+least+int(r.Float64()*float64(most-least+1)))
	for i, v := range template {
		padded[i] = v + presence
	}

	x := resample(padded, c.stretched())
	scale := 1 + c.ScaleCoefficient*(r.Float64()-0.5)
	for i := range x {
		x[i] *= scale
	}

	x = rotate(x, r.Intn(c.MaxTranslation))

	// Places that are exactly zero are padding; only they get the correlated noise.
	background := gaussianFilter(normals(len(x), c.CorrelatedNoise, r), smoothing)
	for i, noise := range normals(len(x), c.IIDNoise, r) {
		if x[i] == 0 {
			x[i] = background[i]
		}

		x[i] += noise
	}

	tilt := c.Shear * (r.Float64() - 0.5)
	for i, t := range linspace(-0.5, 0.5, len(x)) {
		x[i] -= tilt * t
	}

	return resample(x, c.FinalLength)
}

func normals(n int, deviation float64, r *rng.NumPy) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = deviation * r.Normal()
	}
	return v
}

// rotate moves the last k values to the front.
func rotate(x []float64, k int) []float64 {
	cut := len(x) - k
	return append(append(make([]float64, 0, len(x)), x[cut:]...), x[:cut]...)
}

// linspace returns n ≥ 1 evenly spaced numbers from a to b, rounded as numpy.linspace rounds.
func linspace(a, b float64, n int) []float64 {
	v := make([]float64, n)
	step := (b - a) / float64(max(n-1, 1))
	for i := range v {
		// The conversion prevents the compiler from fusing product and sum, which would round
		// differently from numpy.
		v[i] = float64(float64(i)*step) + a
	}
	if n > 1 {
		v[n-1] = b
	}
	return v
}

// resample interpolates x linearly at n evenly spaced places from the first to the last value.
func resample(x []float64, n int) []float64 {
	knots := linspace(0, 1, len(x))
	y := make([]float64, n)
	j := 0
	for i, t := range linspace(0, 1, n) {
		// Both sequences increase, so the knot before t only moves forward.
		for j < len(x)-1 && knots[j+1] <= t {
			j++
		}

		y[i] = x[j]
		if t > knots[j] {
			slope := (x[j+1] - x[j]) / (knots[j+1] - knots[j])
			y[i] += slope * (t - knots[j])
		}
	}

	return y
}

// gaussianFilter convolves x with a Gaussian of standard deviation sigma, cut off at 4·sigma.
// Beyond its ends, x continues as its mirror image with the edge value repeated (the "reflect" mode
// of scipy.ndimage).
func gaussianFilter(x []float64, sigma float64) []float64 {
	radius := int(4*sigma + 0.5)
	kernel := make([]float64, radius+1) // kernel[d] is the weight at distance d
	sum := 0.0
	for d := range kernel {
		// Each distance except 0 occurs on both sides.
		kernel[d] = math.Exp(-0.5 * float64(d*d) / (sigma * sigma))
		sum += kernel[d]
		if d > 0 {
			sum += kernel[d]
		}
	}

	y := make([]float64, len(x))
	for i := range y {
		y[i] = kernel[0] / sum * x[i]
		for d := 1; d <= radius; d++ {
			y[i] += kernel[d] / sum * (x[mirror(i-d, len(x))] + x[mirror(i+d, len(x))])
		}
	}

	return y
}

// mirror maps any index in … c b a | a b c | c b a … to the index of the same value in a b c.
func mirror(i, n int) int {
	// The sequence and its mirror image have the period 2n.
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	return min(i, 2*n-1-i)
}
