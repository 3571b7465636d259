//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ebitengine/purego"
	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// openLibrary opens the library that UseBLAS chooses, or skips the test if there is none.
func openLibrary(t *testing.T) (symbols, *library) {
	t.Helper()
	defer UseBLAS(GonumBLAS)
	backend := UseBLAS(AutoBLAS)
	if backend.Path == "" {
		t.Skip(backend.Hint)
	}
	handle, err := purego.Dlopen(backend.Path, purego.RTLD_NOW)
	if err != nil {
		t.Fatal(err)
	}
	return symbols(handle), newLibrary(symbols(handle))
}

func TestCheckRefusesWrongRoutine(t *testing.T) {
	s, lib := openLibrary(t)
	if routine := lib.wrong(); routine != "" {
		t.Fatalf("%s of a sound library found wrong", routine)
	}
	lib.dtrsmAt = s.findSymbol("dtrmm_") // multiplies instead of solving
	if routine := lib.wrong(); routine != "dtrsm_" {
		t.Errorf("with a wrong dtrsm_ the check found %q", routine)
	}
}

func TestMissingRoutineFallsBack(t *testing.T) {
	_, lib := openLibrary(t)
	lib.sgemmAt, lib.dgemmAt, lib.dsyrkAt, lib.dtrsmAt, lib.dgemvAt, lib.dsymvAt = 0, 0, 0, 0, 0, 0
	lib.sytrdAt = 0
	if routine := lib.wrong(); routine != "" {
		t.Errorf("without any routine of the library, %s is wrong", routine)
	}
}

// TestFitKernels makes OpenBLAS take this processor for an old one, as OpenBLAS does with
// processors newer than itself.
func TestFitKernels(t *testing.T) {
	s, lib := openLibrary(t)
	if suitableCore() == "" || s.findSymbol("gotoblas_dynamic_init") == 0 {
		t.Skip("no library with kernels to choose from, or nothing to choose")
	}
	t.Cleanup(func() {
		s.chooseKernels()
		s.fitKernels(lib)
	})

	t.Setenv(coreVariable, "Prescott")
	s.chooseKernels()
	s.fitKernels(lib)
	if fuses(lib) {
		t.Error("a choice made in the environment is ignored")
	}
	t.Setenv(coreVariable, "")
	s.fitKernels(lib)
	if !fuses(lib) {
		t.Errorf("still uses the kernels of %s, on a processor with the instructions of %s", s.callText("openblas_get_corename"), suitableCore())
	}
}

// TestArgumentsAsGonum gives both implementations the same arguments, valid and invalid. The panics
// must be the same, and the results must agree up to rounding.
func TestArgumentsAsGonum(t *testing.T) {
	_, lib := openLibrary(t)
	r := rand.New(rand.NewPCG(7, 7))
	const tolerance = 1e-9 // of sums of 47 products of numbers of size 1, and triangles of order 12
	sound := 0

	for range 4000 {
		op := randomOperation(r)
		want := op.run(blasgonum.Implementation{})
		got := op.run(lib)
		if got.panicked != want.panicked {
			t.Fatalf("%+v panics with %q, gonum with %q", op, got.panicked, want.panicked)
		}
		if want.panicked == "" {
			sound++
		}
		if d := max(difference(got.b, want.b), difference(got.c, want.c)); !(d < tolerance) {
			t.Fatalf("%+v differs from gonum by %g", op, d)
		}
	}
	if sound < 1000 {
		t.Errorf("only %d calls were sound", sound)
	}
}

// operation is one call of a routine, which uses a subset of the arguments.
type operation struct {
	routine                                  string
	trans, trans2                            blas.Transpose
	uplo                                     blas.Uplo
	side                                     blas.Side
	diag                                     blas.Diag
	m, n, k, lda, ldb, ldc, lenA, lenB, lenC int
}

func randomOperation(r *rand.Rand) operation {
	pick := func(from ...int) int { return from[r.IntN(len(from))] }
	flag := func(from string) byte { return from[r.IntN(len(from))] }
	size := func() int { return pick(0, 1, 5, 47, 47, 47, 47, 47-48*r.IntN(2)) }
	stride := func() int { return pick(60, 60, 60, 60, 47, 47, 1, 4, 0, -1) }
	length := func() int { return pick(47*60, 47*60, 47*60, 47*60, 47*60, 47*40) }
	return operation{
		routine: []string{"gemm", "syrk", "trsm", "gemv", "symv"}[r.IntN(5)],
		trans:   blas.Transpose(flag("NNNNTTTTCCCCX")), trans2: blas.Transpose(flag("NNNNTTTTCCCCX")),
		uplo: blas.Uplo(flag("UUUULLLLX")), side: blas.Side(flag("LLLLRRRRX")), diag: blas.Diag(flag("UUUUNNNNX")),
		m: size(), n: size(), k: size(), lda: stride(), ldb: stride(), ldc: stride(),
		lenA: length(), lenB: length(), lenC: length(),
	}
}

type outcome struct {
	panicked string
	b, c     []float64
}

func (o operation) run(impl blas.Float64) (out outcome) {
	data := func(length, period int) []float64 {
		x := make([]float64, length)
		for i := range x {
			x[i] = float64(i%period)/float64(period) - 0.4
		}
		return x
	}

	a := data(o.lenA, 7)
	out.b, out.c = data(o.lenB, 11), data(o.lenC, 13)
	defer func() {
		if p := recover(); p != nil {
			out.panicked = fmt.Sprint(p)
		}
	}()

	switch o.routine {
	case "gemm":
		impl.Dgemm(o.trans, o.trans2, o.m, o.n, o.k, 0.5, a, o.lda, out.b, o.ldb, -2, out.c, o.ldc)
	case "syrk":
		impl.Dsyrk(o.uplo, o.trans, o.n, o.k, 0.5, a, o.lda, -2, out.c, o.ldc)
	case "trsm":
		if o.side == blas.Right {
			o.n = min(o.n, 12)
		} else {
			o.m = min(o.m, 12)
		}
		impl.Dtrsm(o.side, o.uplo, o.trans, o.diag, o.m, o.n, 0.5, a, o.lda, out.b, o.ldb)
	case "gemv":
		impl.Dgemv(o.trans, o.m, o.n, 0.5, a, o.lda, out.b, o.ldb, -2, out.c, o.ldc)
	case "symv":
		impl.Dsymv(o.uplo, o.n, 0.5, a, o.lda, out.b, o.ldb, -2, out.c, o.ldc)
	}

	return out
}
