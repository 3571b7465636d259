//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// fits reports whether a rows×cols matrix with leading dimension ld lies within length numbers and
// all sizes fit into 32 bits.
func fits(rows, cols, ld, length int) bool {
	return rows > 0 && cols > 0 && ld >= cols && rows <= math.MaxInt32 && ld <= math.MaxInt32 &&
		(rows-1)*ld+cols <= length
}

// fitsOp does what fits does, for an operand A such that op(A) is rows×cols.
func fitsOp(t blas.Transpose, rows, cols, ld, length int) bool {
	if t != blas.NoTrans {
		rows, cols = cols, rows
	}
	return fits(rows, cols, ld, length)
}

func isTranspose(t blas.Transpose) bool {
	return t == blas.ConjTrans || isEither(t, blas.NoTrans, blas.Trans)
}

func isUplo(ul blas.Uplo) bool {
	return isEither(ul, blas.Upper, blas.Lower)
}

// isEither reports whether a flag is one of two.
func isEither[F ~byte](f, one, two F) bool {
	return f == one || f == two
}

func flag(t blas.Transpose) byte {
	if t == blas.NoTrans {
		return 'N'
	}
	return 'T'
}

func otherTranspose(t blas.Transpose) byte {
	return opposite(t, blas.NoTrans, blas.Trans)
}

func otherUplo(ul blas.Uplo) byte {
	return opposite(ul, blas.Upper, blas.Lower)
}

// opposite returns two for the flag one, and one for any other flag.
func opposite[F ~byte](f, one, two F) byte {
	if f == one {
		return byte(two)
	}
	return byte(one)
}
