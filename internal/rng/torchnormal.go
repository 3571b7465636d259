package rng

import "math"

// FillNormal fills dst as tensor.normal_(0, 1) does, in row-major order, by the Box–Muller
// transform as PyTorch arranges it: fewer than 16 entries pair by pair in float64, more in float32
// in blocks of 16. If 16 does not divide their number, the last block overlaps the one before it.
// The logarithm and the cosine are Go's, so the entries of a long tensor match PyTorch's within two
// units in the last place.
func (r *Torch) FillNormal(dst []float32) {
	if len(dst) < normalBlock {
		r.fillNormalPairs(dst)
		return
	}

	r.fillUniform01(dst)
	whole := len(dst) / normalBlock * normalBlock
	for i := 0; i < whole; i += normalBlock {
		boxMuller(dst[i : i+normalBlock])
	}

	if whole < len(dst) {
		last := dst[len(dst)-normalBlock:]
		r.fillUniform01(last)
		boxMuller(last)
	}
}

const normalBlock = 16

func (r *Torch) fillUniform01(dst []float32) {
	for i := range dst {
		dst[i] = r.Uniform()
	}
}

// boxMuller turns a block of uniform numbers into normal ones. Its first half becomes the radii,
// its second half the angles.
func boxMuller(block []float32) {
	half := len(block) / 2
	for i := range half {
		radius := float32(math.Sqrt(-2 * math.Log(float64(1-block[i]))))
		sin, cos := math.Sincos(float64(2 * math.Pi * block[i+half]))
		block[i], block[i+half] = radius*float32(cos), radius*float32(sin)
	}
}

func (r *Torch) fillNormalPairs(dst []float32) {
	for i := 0; i < len(dst); i += 2 {
		angle, u := 2*math.Pi*r.uniform64(), r.uniform64()
		radius := math.Sqrt(-2 * math.Log1p(-u))
		sin, cos := math.Sincos(angle)
		dst[i] = float32(radius * cos)
		if i+1 < len(dst) {
			dst[i+1] = float32(radius * sin)
		}
	}
}

// uniform64 returns one entry of torch.rand in float64: uniform on [0, 1), the low 53 bits of two
// draws.
func (r *Torch) uniform64() float64 {
	high, low := uint64(r.mt.Uint32()), uint64(r.mt.Uint32())
	return float64((high<<32|low)&(1<<53-1)) / (1 << 53)
}
