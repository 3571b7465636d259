package tracker

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Norm is the vector norm, of input and output alike, in which a Jacobian's operator norm is
// taken.
type Norm int

const (
	// Norm2 is the Euclidean norm; the operator norm is the largest singular value.
	Norm2 Norm = iota
	// Norm1 is the sum of absolute values; the operator norm is the largest column sum.
	Norm1
	// NormInf is the largest absolute value; the operator norm is the largest row sum.
	NormInf
)

var normNames = []string{Norm2: "2", Norm1: "1", NormInf: "inf"}

// String returns the name of the norm: 1, 2 or inf.
func (n Norm) String() string { return normNames[n] }

// each writes the norm of every Jacobian of a chunk to dst.
func (n Norm) each(dst []float64, j jacobians) {
	switch n {
	case Norm2:
		norms2(dst, j)
	case Norm1:
		columns := make([]float64, j.cols)
		for i := range j.count {
			dst[i] = norm1(j.jacobianAt(i), columns)
		}
	case NormInf:
		for i := range j.count {
			dst[i] = normInf(j.jacobianAt(i), j.cols)
		}
	}
}

// norms2 computes the spectral norm of every Jacobian, from its smaller side.
func norms2(dst []float64, j jacobians) {
	if j.rows > j.cols {
		j = j.transposed()
	}
	linalg.SpectralNorms(dst, j.data, j.rows, j.cols)
}

// transposed returns the transpose of every Jacobian.
func (j jacobians) transposed() jacobians {
	t := newJacobians(j.count, j.cols, j.rows)
	for i := range j.count {
		from, to := j.jacobianAt(i), t.jacobianAt(i)
		for r := range j.rows {
			for c := range j.cols {
				to[c*j.rows+r] = from[r*j.cols+c]
			}
		}
	}
	return t
}

func norm1(a, columns []float64) float64 {
	clear(columns)
	for r := 0; r < len(a); r += len(columns) {
		for c := range columns {
			columns[c] += math.Abs(a[r+c])
		}
	}
	return floats.Max(columns)
}

func normInf(a []float64, cols int) float64 {
	var largest float64
	for r := 0; r < len(a); r += cols {
		largest = max(largest, floats.Norm(a[r:r+cols], 1))
	}
	return largest
}
