package tracker

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// paperBounds are the paper's four numbers as its official code computes them (Khromov and
// Singh 2024, code/utils/math.py): every norm by a power method that stops when two steps differ
// by at most 1e-3, which leaves small norms up to some 1e-3 short. So even the "upper bound" is
// an estimate; the numbers are for comparison with the paper's.
type paperBounds struct{}

func (paperBounds) Measure(s *Snapshot) ([]series.Sample, error) {
	norms := make([]float64, s.Probes.Len())
	s.sweepProbes(s.Net.ForwardCost()+s.Net.JacobianCost(), func(pass *network.Pass[float64], from, n int) {
		j := networkJacobians(s.Net, pass, n)
		for i := range n {
			norms[from+i] = paperNorm(mat.NewDense(j.rows, j.cols, j.jacobianAt(i)).RawMatrix())
		}
	})

	upper := 1.0
	for _, l := range s.Net.Layers {
		upper *= paperLayerNorm(l)
	}

	n := float64(len(norms))
	sample := func(metric string, v float64) series.Sample {
		return series.NewSample(metric, "", v, series.Estimate)
	}

	return []series.Sample{
		sample(series.PaperLower, floats.Max(norms)),
		sample(series.PaperMean, floats.Sum(norms)/n),
		sample(series.PaperRMS, floats.Norm(norms, 2)/math.Sqrt(n)),
		sample(series.PaperUpper, upper),
	}, nil
}

// paperLayerNorm returns the norm of a layer as the paper's code computes it. That code counts
// pools as 1. If a layer is not a matrix, it computes the norm to many digits by LOBPCG; here the
// norm itself stands in.
func paperLayerNorm(l network.Layer) float64 {
	switch {
	case l.Pool != nil:
		return 1
	case l.Weight != nil:
		return paperNorm(l.Weight.RawMatrix())
	default:
		return bounds.MapNorm(l.Map).Norm
	}
}

const (
	paperTolerance = 1e-3
	paperSteps     = 100
)

// paperNorm returns the paper's power method on H = AᵀA or AAᵀ, whichever is smaller, from the
// uniform vector that torch.rand gives after torch.manual_seed(42). Its estimate of σ₁ is the
// square root of ‖H x‖ at a unit vector x.
func paperNorm(a blas64.General) float64 {
	side := min(a.Rows, a.Cols)
	x, hx := paperStart(side), make([]float64, side)
	apply := gramProduct(a)
	apply(hx, x)

	// The eigenvalue of H is σ₁², so σ₁ is the root of the estimate ‖Hx‖.
	previous := math.Sqrt(floats.Norm(hx, 2))
	if previous == 0 {
		return 0
	}

	for range paperSteps {
		floats.ScaleTo(x, 1/floats.Norm(hx, 2), hx)
		apply(hx, x)
		next := math.Sqrt(floats.Norm(hx, 2))
		if math.Abs(next-previous) <= paperTolerance {
			return next
		}

		previous = next
	}

	return previous
}

func paperStart(n int) []float64 {
	torch := rng.NewTorch(42)
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(torch.Uniform())
	}
	floats.Scale(1/floats.Norm(x, 2), x)
	return x
}

// maxPaperGram is the largest side of a Gram matrix that is formed; beyond that, the two factors
// are applied one after the other.
const maxPaperGram = 512

// gramProduct returns the function y = H x.
func gramProduct(a blas64.General) func(y, x []float64) {
	first, second := blas.Trans, blas.NoTrans // A (Aᵀ x)
	side, other := a.Rows, a.Cols
	if a.Rows > a.Cols {
		first, second = second, first // Aᵀ (A x)
		side, other = other, side
	}

	if side > maxPaperGram {
		between := make([]float64, other)
		return func(y, x []float64) {
			blas64.Gemv(first, 1, a, vector(x), 0, vector(between))
			blas64.Gemv(second, 1, a, vector(between), 0, vector(y))
		}
	}

	h := mat.NewDense(side, side, nil).RawMatrix()
	blas64.Gemm(second, first, 1, a, a, 0, h)

	return func(y, x []float64) {
		blas64.Gemv(blas.NoTrans, 1, h, vector(x), 0, vector(y))
	}
}

func vector(x []float64) blas64.Vector {
	return blas64.Vector{
		N:    len(x),
		Inc:  1,
		Data: x,
	}
}
