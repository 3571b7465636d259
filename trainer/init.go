package trainer

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// Init describes how the initial parameters are drawn.
type Init struct {
	Scheme InitScheme
	// Scale multiplies every weight and bias drawn; 1 leaves the scheme as it is.
	Scale float64
}

// settings binds the keys of the initialisation.
func (i *Init) settings(s *settings.Set) {
	settings.Var(s, &i.Scheme, "model.init.scheme", settings.Choice[InitScheme](InitSchemeNames()), TorchInit,
		"distribution of the initial parameters")
	settings.Var(s, &i.Scale, "model.init.scale", settings.Positive, 1,
		"factor on every initial parameter")
}

// InitScheme is a distribution of initial weights.
type InitScheme int

const (
	// TorchInit reproduces to the bit what torch.nn.Linear and torch.nn.Conv2d draw after
	// torch.manual_seed(seed): weights and biases uniform on ±1/√in. Both precisions start from the
	// float32 draw.
	TorchInit InitScheme = iota
	// HeInit is normal with variance 2/in (He et al. 2015), biases zero.
	HeInit
	// GlorotInit is uniform on ±√(6/(in+out)) (Glorot and Bengio 2010), biases zero.
	GlorotInit
	// OrthogonalInit has orthonormal rows or columns, whichever are fewer (Saxe et al. 2014),
	// biases zero.
	OrthogonalInit
)

// inits is the table of distributions.
var inits = []struct {
	name   string
	drawer func(seed uint64) drawer
}{
	TorchInit:      {"torch", torchDrawer},
	HeInit:         {"he", heDrawer},
	GlorotInit:     {"glorot", glorotDrawer},
	OrthogonalInit: {"orthogonal", orthogonalDrawer},
}

// InitSchemeNames lists the names of all distributions.
func InitSchemeNames() []string {
	names := make([]string, len(inits))
	for i, row := range inits {
		names[i] = row.name
	}
	return names
}

// String returns the name of the distribution.
func (s InitScheme) String() string {
	return inits[s].name
}

// fans is the shape of weights as initialisations see it: rows×in, where a row of a convolution's
// kernel computes one output channel. out is the number of outputs to which an input contributes;
// for a dense layer it equals rows.
type fans struct{ rows, in, out int }

// drawer draws the weights (rows×in, row-major) and biases of one network, layer by layer from the
// input.
type drawer func(f fans, bias bool) (w, b []float64)

func (i Init) drawer(seed uint64) drawer {
	draw := inits[i.Scheme].drawer(seed)
	return func(f fans, bias bool) (w, b []float64) {
		w, b = draw(f, bias)
		floats.Scale(i.Scale, w)
		floats.Scale(i.Scale, b)
		return w, b
	}
}

func torchDrawer(seed uint64) drawer {
	torch := rng.NewTorch(seed)
	return func(f fans, bias bool) (w, b []float64) {
		w32, b32 := torch.LinearInit(f.rows, f.in, bias)
		return toFloat64(w32), toFloat64(b32)
	}
}

func heDrawer(seed uint64) drawer {
	return independentDrawer(seed, func(r *rand.Rand, f fans) float64 {
		return r.NormFloat64() * math.Sqrt(2/float64(f.in))
	})
}

func glorotDrawer(seed uint64) drawer {
	return independentDrawer(seed, func(r *rand.Rand, f fans) float64 {
		return (2*r.Float64() - 1) * math.Sqrt(6/float64(f.in+f.out))
	})
}

func independentDrawer(seed uint64, entry func(r *rand.Rand, f fans) float64) drawer {
	r := rng.Stream(seed, "init")
	return func(f fans, bias bool) (w, b []float64) {
		w = make([]float64, f.rows*f.in)
		for i := range w {
			w[i] = entry(r, f)
		}
		return w, zeroBias(f.rows, bias)
	}
}

// orthogonalDrawer takes the orthonormal factor of a Gaussian matrix, with the signs that make
// its distribution uniform (Mezzadri 2007).
func orthogonalDrawer(seed uint64) drawer {
	r := rng.Stream(seed, "init")
	return func(f fans, bias bool) (w, b []float64) {
		out, in := f.rows, f.in
		q := blas64.General{
			Rows:   max(out, in),
			Cols:   min(out, in),
			Stride: min(out, in),
		}
		q.Data = make([]float64, q.Rows*q.Cols)
		for i := range q.Data {
			q.Data[i] = r.NormFloat64()
		}

		orthonormalise(q)
		// The rows of a wide matrix are orthonormal: it is the transpose of a tall one.
		if out >= in {
			return q.Data, zeroBias(out, bias)
		}

		w = make([]float64, 0, out*in)
		for i := range out {
			for j := range in {
				w = append(w, q.Data[j*q.Stride+i])
			}
		}

		return w, zeroBias(out, bias)
	}
}

// orthonormalise replaces a, which has at least as many rows as columns, by the factor Q of the
// unique decomposition a = QR in which Q has orthonormal columns and R has a positive diagonal.
func orthonormalise(a blas64.General) {
	const block = 32 // columns factorised at once
	tau, work := make([]float64, a.Cols), make([]float64, a.Rows+block*a.Cols)
	lapack64.Geqrf(a, tau, work, len(work))
	// R's diagonal is read before Orgqr overwrites it with Q.
	signs := make([]float64, a.Cols)
	for j := range signs {
		signs[j] = math.Copysign(1, a.Data[j*a.Stride+j])
	}

	lapack64.Orgqr(a, tau, work, len(work))
	for i := range a.Rows {
		for j, sign := range signs {
			a.Data[i*a.Stride+j] *= sign
		}
	}
}

func zeroBias(out int, bias bool) []float64 {
	if !bias {
		return nil
	}
	return make([]float64, out)
}
