package bounds

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// derivatives holds the derivatives (5) of the potential with respect to log ρ and the log λ, in
// this order.
type derivatives struct {
	gradient []float64
	blocks   []block // diagonal blocks of the Hessian
}

// block is the lower triangle of a square block on the diagonal of a symmetric matrix, starting at
// row from.
type block struct {
	from, order int
	data        []float64
}

func newBlock(from, order int) block {
	return block{from, order, make([]float64, order*order)}
}

// covariances holds the covariances of some variables, one per row, with √ρ·x, √λ·b·z and √λ·r, one
// per column. The columns of z and r are those of the active neurons of the stages so far.
type covariances struct{ x, z, r *mat.Dense }

// times returns the covariances of a times the variables.
func (c covariances) times(a *mat.Dense) covariances {
	return covariances{
		x: product(a, c.x),
		z: product(a, c.z),
		r: product(a, c.r),
	}
}

// derive propagates the covariances forward through the layers (4) and computes the derivatives
// from them (5). If whole, it computes the full Hessian, in *memory if that is large enough; a new
// buffer is stored there. Otherwise it computes only the diagonal blocks of ρ and of the stages,
// which costs no more than a few evaluations of the potential.
func (p *program) derive(y *iterate, whole bool, memory *[]float64) *derivatives {
	n := 1 + p.multipliers()
	d := &derivatives{gradient: make([]float64, n)}
	if whole {
		if len(*memory) < n*n {
			*memory = make([]float64, n*n)
		}

		d.blocks = []block{{0, n, (*memory)[:n*n]}}
	} else {
		d.blocks = []block{newBlock(0, 1)}
	}

	// The derivatives with respect to log ρ: S_xx = (ρI − FᵀΩ′F)⁻¹ is the covariance of the inputs.
	inverse := inverseOf(y.input)
	norm := y.rho * mat.Norm(inverse, 2)
	d.gradient[0] = -y.rho * mat.Trace(inverse)
	d.blocks[0].data[0] = norm * norm

	// Forward through the first layer: z = Fx.
	from := covariances{product(p.first, inverse), new(mat.Dense), new(mat.Dense)}
	own := product(from.x, p.first.T())
	from.x.Scale(math.Sqrt(y.rho), from.x)

	row := 1
	for i := range p.stages {
		f := &forth{
			stage:  &p.stages[i],
			lambda: y.lambda[i],
			own:    own,
			z:      from,
		}
		// Blocks need no covariances between layers.
		if !whole {
			f.z = covariances{new(mat.Dense), new(mat.Dense), new(mat.Dense)}
		}

		if a := len(f.stage.active); a > 0 {
			f.respond(y.factors[i], y.lifted[i])
			f.join()
			if !whole {
				d.blocks = append(d.blocks, newBlock(row, a))
			}
			d.ofStage(f, row)
			row += a
		}

		if i+1 < len(p.stages) {
			own = f.leave()
			if whole {
				from = f.takeAlong()
			}
		}
	}

	d.addLogarithms(p)

	return d
}

// addLogarithms adds the terms of the potential other than −log det M, and the terms of the second
// derivatives that come from differentiating with respect to logarithms.
func (d *derivatives) addLogarithms(p *program) {
	// d²f/d(log λ)² = λ²f″ + λf′: the first derivative is added to the second.
	for _, b := range d.blocks {
		for i := range b.order {
			b.data[i*b.order+i] += d.gradient[b.from+i]
		}
	}

	// d·log ρ + Σ log λ is linear in the logarithms, so it contributes only to the gradient.
	d.gradient[0] += float64(p.inputs())
	for i := 1; i < len(d.gradient); i++ {
		d.gradient[i]++
	}
}

// inverseOf returns (LLᵀ)⁻¹.
func inverseOf(l blas64.Triangular) *mat.Dense {
	half := identity(l.N)
	// L⁻ᵀL⁻¹, from the columns of L⁻¹.
	blas64.Trsm(blas.Left, blas.NoTrans, 1, l, half.RawMatrix())
	return product(half.T(), half)
}

// forth propagates the covariances forward through a stage (4).
type forth struct {
	stage  *stage
	lambda []float64
	own    *mat.Dense  // covariance of z
	z, r   covariances // of z and the active r

	noise    *mat.Dense // C: covariance of r given z
	response *mat.Dense // Ψ: the mean of r given z is Ψz
}

// respond sets noise and response from the results of the backward pass.
func (f *forth) respond(factor blas64.Triangular, lifted *mat.Dense) {
	f.noise = inverseOf(factor)
	f.response = mat.DenseCopyOf(lifted)
	blas64.Trsm(blas.Left, blas.Trans, 1, factor, f.response.RawMatrix())

	// L is the factor of I − T^½ΩT^½ = T^½KT^½, so its inverse is scaled by T^½ = Λ^−½ on both
	// sides to give K⁻¹.
	for i, l := range f.lambda {
		floats.Scale(1/math.Sqrt(l), f.response.RawRowView(i))
		row := f.noise.RawRowView(i)
		for k := range row {
			row[k] /= math.Sqrt(l) * math.Sqrt(f.lambda[k])
		}
	}
}

// join appends the columns of this stage's neurons to z, and sets r.
func (f *forth) join() {
	n, a := len(f.stage.slopes.mid), len(f.stage.active)
	joint := product(f.own, f.response.T()) // Cov(z, r)

	_, before := f.z.z.Dims()
	z, r := mat.NewDense(n, before+a, nil), mat.NewDense(n, before+a, nil)
	for row := range n {
		toZ, toR := z.RawRowView(row), r.RawRowView(row)
		if before > 0 {
			copy(toZ, f.z.z.RawRowView(row))
			copy(toR, f.z.r.RawRowView(row))
		}

		for k, j := range f.stage.active {
			scale := math.Sqrt(f.lambda[k])
			toZ[before+k] = scale * f.stage.slopes.radius[j] * f.own.At(row, j)
			toR[before+k] = scale * joint.At(row, k)
		}
	}

	f.z.z, f.z.r = z, r

	// E[r | z] = Ψz, so the covariances of r are Ψ times those of z. Only Cov(r, r) has the noise
	// as an additional term.
	f.r = f.z.times(f.response)
	for row := range a {
		to := f.r.r.RawRowView(row)[before:]
		for k, v := range f.noise.RawRowView(row) {
			to[k] += v * math.Sqrt(f.lambda[k])
		}
	}
}

// leave propagates through the next weight and returns the covariance of the next z.
func (f *forth) leave() *mat.Dense {
	n := len(f.stage.slopes.mid)
	gain := mat.NewDense(n, n, nil) // the mean of v given z is gain·z
	for j, mid := range f.stage.slopes.mid {
		gain.Set(j, j, mid)
	}

	// v = Az + r, so its mean is (A + Ψ)z.
	for i, j := range f.stage.active {
		floats.Add(gain.RawRowView(j), f.response.RawRowView(i))
	}

	// Var v is the variance of the mean plus the noise of r.
	v := product(product(gain, f.own), gain.T())
	for i, j := range f.stage.active {
		for k, l := range f.stage.active {
			v.Set(j, l, v.At(j, l)+f.noise.At(i, k))
		}
	}

	return product(product(f.stage.next, v), f.stage.next.T())
}

// takeAlong returns the covariances of the next z with the variables so far. It overwrites z.
func (f *forth) takeAlong() covariances {
	outputs := covariances{
		x: f.output(f.z.x, f.r.x),
		z: f.output(f.z.z, f.r.z),
		r: f.output(f.z.r, f.r.r),
	}
	return outputs.times(f.stage.next)
}

// output converts covariances of z into covariances of the activations Az + r.
func (f *forth) output(z, r *mat.Dense) *mat.Dense {
	if z.IsEmpty() {
		return z
	}
	for j, mid := range f.stage.slopes.mid {
		floats.Scale(mid, z.RawRowView(j))
	}

	for i, j := range f.stage.active {
		floats.Add(z.RawRowView(j), r.RawRowView(i))
	}

	return z
}

// ofStage sets the derivatives (5) of −log det M with respect to the multipliers of a stage. row is
// the Hessian row of the first of them.
func (d *derivatives) ofStage(f *forth, row int) {
	b := d.blocks[len(d.blocks)-1]
	for i, j := range f.stage.active {
		r := math.Sqrt(f.lambda[i])
		z := r * f.stage.slopes.radius[j]
		at := row + i - b.from
		to := b.data[at*b.order : at*b.order+at+1]

		// In the block that begins with ρ, the first column belongs to ρ. Each difference of
		// squares is computed as a product of sum and difference, which cancels less.
		if b.from == 0 {
			zx, rx := f.z.x.RawRowView(j), f.r.x.RawRowView(i)
			to[0] = 0
			for k, v := range rx {
				to[0] += (r*v - z*zx[k]) * (r*v + z*zx[k])
			}
			to = to[1:]
		}

		zz, zr := f.z.z.RawRowView(j), f.z.r.RawRowView(j)
		rz, rr := f.r.z.RawRowView(i), f.r.r.RawRowView(i)
		for k := range to {
			byR := (r*rr[k] - z*zr[k]) * (r*rr[k] + z*zr[k])
			byZ := (r*rz[k] - z*zz[k]) * (r*rz[k] + z*zz[k])
			to[k] = byR - byZ
		}

		// The last column is the neuron's own and holds its variances.
		own := len(to) - 1
		d.gradient[row+i] = z*zz[own] - r*rr[own]
	}
}
