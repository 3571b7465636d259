package rng

import (
	"math"

	"gonum.org/v1/gonum/mathext/prng"
)

// Torch draws the same numbers as PyTorch's CPU generator after torch.manual_seed with the same
// seed. It is not safe for concurrent use.
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

// FillUniform fills dst as tensor.uniform_(low, high) does: u·(high − low) + low for each entry in
// row-major order. The span high − low is rounded to float32, and the rest is rounded once, as by
// the fused multiply-add of the processors on which PyTorch runs.
func (r *Torch) FillUniform(dst []float32, low, high float32) {
	span := high - low
	for i := range dst {
		// The product of two 24-bit factors is exact in float64, and so is the sum if low = −high,
		// as in every initialisation: the only rounding is the one to float32.
		dst[i] = float32(float64(r.Uniform())*float64(span) + float64(low))
	}
}

// LinearInit returns the initialisation of torch.nn.Linear(in, out, bias): the out×in weight by
// rows, and the bias of length out (nil if bias is false), every entry from U(−1/√in, 1/√in).
// PyTorch computes the weight's bound as √3·√(2/(1+5))/√in in float64; in float32 that is the same
// number for every in up to 2,000,000.
func (r *Torch) LinearInit(out, in int, bias bool) (w, b []float32) {
	bound := float32(1 / math.Sqrt(float64(in)))
	w = make([]float32, out*in)
	r.FillUniform(w, -bound, bound)
	// The bias is drawn after the whole weight, as in the module.
	if bias {
		b = make([]float32, out)
		r.FillUniform(b, -bound, bound)
	}

	return w, b
}
