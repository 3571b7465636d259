package bounds

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// twinTolerance is for bounds computed a second time by another method, without margins.
const twinTolerance = 1e-8

func agree(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance*math.Abs(want) }

// For slopes in [0, 1], LipLT is a mean over all ways to cut the chain of weights into runs: the
// mean of the product of the norms of the runs (Combettes and Pesquet).
func TestCombettesPesquet(t *testing.T) {
	r := seeded(1)
	for _, widths := range [][]int{{3, 2}, {3, 4, 2}, {2, 5, 4, 3}, {4, 3, 6, 2, 5}, {3, 4, 5, 2, 6, 3, 2}} {
		net := build(network.ReLU, widths, func(int) float64 { return r.NormFloat64() })
		norms := map[Norm]func(*mat.Dense) float64{
			Two: linalg.SpectralNorm,
			One: func(a *mat.Dense) float64 { return mat.Norm(a, 1) },
			Inf: func(a *mat.Dense) float64 { return mat.Norm(a, math.Inf(1)) },
		}

		for n, norm := range norms {
			var want float64
			cuts := 1 << (len(net.Layers) - 1)
			for cut := range cuts {
				product, run := 1.0, mat.DenseCopyOf(net.Layers[0].Weight)
				for i, l := range net.Layers[1:] {
					if cut>>i&1 == 1 {
						product *= norm(run)
						run = mat.DenseCopyOf(l.Weight)
						continue
					}
					var longer mat.Dense
					longer.Mul(l.Weight, run)
					run = &longer
				}

				want += product * norm(run) / float64(cuts)
			}

			if got := mustBounds(t, net).LipLT(n); !agree(got, want, twinTolerance) {
				t.Errorf("%v, norm %d: got %g, want %g", widths, n, got, want)
			}
		}
	}
}

// For slopes in [0, β], EclipseFast is the recursion given by its authors.
func TestEclipseRecursion(t *testing.T) {
	sigmoid, err := network.ParseActivation("sigmoid", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := seeded(2)
	for _, a := range []network.Activation{network.ReLU, sigmoid} {
		for _, widths := range [][]int{{3, 4, 2}, {5, 3, 2}, {2, 5, 4, 3}, {6, 3, 6, 2, 5}} {
			net := build(a, widths, func(int) float64 { return r.NormFloat64() })
			got, want := mustBounds(t, net).EclipseFast(), eclipseFast(net, a.Lipschitz()/2)
			if !agree(got, want, twinTolerance) {
				t.Errorf("%v %v: got %g, want %g", a, widths, got, want)
			}
		}
	}
}

// eclipseFast computes X_i = Λ_i − m²Λ_i W_i X_{i−1}⁻¹ W_iᵀ Λ_i, with Λ_i = I/(2m²λ₁(W_i X_{i−1}⁻¹
// W_iᵀ)).
func eclipseFast(net *network.Network, m float64) float64 {
	x := identityMatrix(net.In())
	for _, l := range net.Layers[:len(net.Layers)-1] {
		a := sandwich(l.Weight, x)
		lambda := 1 / (2 * m * m * linalg.SpectralNorm(a))
		x = identityMatrix(l.Out())
		a.Scale(m*m*lambda*lambda, a)
		x.Scale(lambda, x)
		x.Sub(x, a)
	}
	return math.Sqrt(linalg.SpectralNorm(sandwich(net.Last().Weight, x)))
}

// sandwich returns w·x⁻¹·wᵀ.
func sandwich(w, x *mat.Dense) *mat.Dense {
	var solved, product mat.Dense
	if err := solved.Solve(x, w.T()); err != nil {
		panic(err)
	}
	product.Mul(w, &solved)
	return &product
}

func identityMatrix(n int) *mat.Dense {
	d := mat.NewDense(n, n, nil)
	for i := range n {
		d.Set(i, i, 1)
	}
	return d
}

// The multipliers that prove a bound solve the linear matrix inequality of Fazlyab et al. for that
// bound and for no smaller one, for any slopes.
func TestMatrixInequality(t *testing.T) {
	const networks, slack = 60, 1e-6
	for seed := range uint64(networks) {
		r := seeded(seed)
		a := randomActivation(r)
		widths := []int{1 + r.IntN(4), 1 + r.IntN(5), 1 + r.IntN(5), 1 + r.IntN(4)}
		net := build(a, widths[r.IntN(2):], func(int) float64 { return r.NormFloat64() })
		b := mustBounds(t, net)
		if low, high := a.SlopeRange(); low == high {
			continue
		}

		for _, rule := range []rule{uniform, balanced, dominant} {
			s := b.chain.relax(rule).search()
			if !definite(b.chain, s.multipliers, s.bound*(1+slack)) {
				t.Errorf("seed %d, %s, %v: bound %g is not proved", seed, rule.name, a, s.bound)
			}
			if definite(b.chain, s.multipliers, s.bound*(1-slack)) {
				t.Errorf("seed %d, %s, %v: bound %g is not the least", seed, rule.name, a, s.bound)
			}
		}
	}
}

// definite reports whether a form in the inputs x = s_0 and in the values s_i of all hidden layers
// is positive definite:
//
//	|x|² + Σ_i Σ_j (s_ij − αz_ij)(s_ij − βz_ij)/t_ij − |W_L s_{L−1}|²/ρ²,  z_i = W_i s_{i−1}.
func definite(c *chain, t [][]float64, rho float64) bool {
	size := 0
	var offsets []int
	for _, l := range c.links {
		offsets = append(offsets, size)
		_, in := l.w.Dims()
		size += in
	}

	form := mat.NewSymDense(size, nil)
	_, inputs := c.links[0].w.Dims()
	for i := range inputs {
		form.SetSym(i, i, 1)
	}
	add := func(weight float64, x, y []float64) { // weight·(x·v)(y·v), symmetrically
		u, v := mat.NewVecDense(size, x), mat.NewVecDense(size, y)
		form.RankTwo(form, weight/2, u, v)
	}

	row := func(i, j int) []float64 { // z_j of layer i
		x := make([]float64, size)
		copy(x[offsets[i]:], c.links[i].w.RawRowView(j))
		return x
	}

	for i, l := range c.hidden() {
		for j, mid := range l.slopes.mid {
			low, high := row(i, j), row(i, j)
			for k := range low {
				low[k] *= -(mid - l.slopes.radius[j])
				high[k] *= -(mid + l.slopes.radius[j])
			}
			low[offsets[i+1]+j]++
			high[offsets[i+1]+j]++
			add(1/t[i][j], low, high)
		}
	}

	last := len(c.links) - 1
	for j := range c.last().slopes.mid {
		add(-1/(rho*rho), row(last, j), row(last, j))
	}
	var cholesky mat.Cholesky
	return cholesky.Factorize(form)
}

// The derivatives of the descent's objective agree with finite differences.
func TestGradient(t *testing.T) {
	const h, tolerance = 1e-5, 1e-6 // the error of central differences is of order h²
	for seed := range uint64(40) {
		r := seeded(seed)
		net := build(randomActivation(r), []int{3, 1 + r.IntN(5), 4, 3}, func(int) float64 { return r.NormFloat64() })
		ranges := globalRanges(net)
		ranges[0][0].High = ranges[0][0].Low // a neuron whose slope is known
		b, err := Within(net, ranges)
		if err != nil {
			t.Fatal(err)
		}
		d := &descent{chain: b.chain, power: 5}
		var x []float64
		for _, layer := range b.chain.relax(uniform).search().multipliers {
			for _, v := range layer {
				x = append(x, math.Log(v)+0.3*r.Float64())
			}
		}

		value, gradient := d.evaluate(x)
		if math.IsInf(value, 1) {
			t.Fatalf("seed %d: no bound", seed)
		}
		for i := range x {
			old := x[i]
			x[i] = old + h
			above, _ := d.evaluate(x)
			x[i] = old - h
			below, _ := d.evaluate(x)
			x[i] = old
			if want := (above - below) / (2 * h); math.Abs(gradient[i]-want) > tolerance*max(1, math.Abs(want)) {
				t.Errorf("seed %d: derivative %d is %g, differences give %g", seed, i, gradient[i], want)
			}
		}
	}
}
