package rng

import (
	"math"

	"gonum.org/v1/gonum/mathext/prng"
)

// Torch draws what PyTorch's CPU generator draws after torch.manual_seed with the same seed.
// It is not safe for concurrent use.
type Torch struct {
	mt prng.MT19937
}

// NewTorch returns torch.manual_seed(seed), which uses the low 32 bits of the seed.
func NewTorch(seed uint64) *Torch {
	r := new(Torch)
	r.mt.Seed(seed)
	return r
}

// Uniform returns one entry of torch.rand: uniform on [0, 1), the low 24 bits of a 32-bit draw
// times 2⁻²⁴.
func (r *Torch) Uniform() float32 {
	return float32(r.mt.Uint32()&(1<<24-1)) / (1 << 24)
}

// FillUniform does what tensor.uniform_(low, high) does: u·(high − low) + low for each entry in
// row-major order, with high − low rounded to float32 and the rest rounded once, as the fused
// multiply-add of the processors on which PyTorch runs rounds it.
func (r *Torch) FillUniform(dst []float32, low, high float32) {
	span := high - low
	for i := range dst {
		// Two 24-bit factors make a product that float64 holds exactly. So is the sum when
		// low = −high, the case of every initialisation: one rounding, to float32.
		dst[i] = float32(float64(r.Uniform())*float64(span) + float64(low))
	}
}

// LinearInit returns the initialisation of torch.nn.Linear(in, out, bias): the weight, out×in by
// rows, then the bias of length out if there is to be one (nil otherwise), every entry from
// U(−1/√in, 1/√in). PyTorch arrives at the weight's bound as √3·√(2/(1+5))/√in in float64;
// in float32 that is the same number for every in up to 2,000,000.
func (r *Torch) LinearInit(out, in int, bias bool) (w, b []float32) {
	bound := float32(1 / math.Sqrt(float64(in)))
	w = make([]float32, out*in)
	r.FillUniform(w, -bound, bound)
	// Drawn after the whole weight, as the module does.
	if bias {
		b = make([]float32, out)
		r.FillUniform(b, -bound, bound)
	}

	return w, b
}
