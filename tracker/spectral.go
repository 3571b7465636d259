package tracker

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// layerNorms measures every layer by itself: the spectral norm σ₁(W), the Frobenius norm
// ‖W‖_F, the stable rank ‖W‖²_F/σ₁² (between 1 and the rank; NaN for a zero matrix) and, where
// there are biases, ‖b‖₂.
type layerNorms struct{}

func (layerNorms) ofNetwork() {}

func (layerNorms) Measure(s *Snapshot) ([]series.Sample, error) {
	b, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	var samples []series.Sample
	for i, norm := range b.Layers() {
		l := s.Net.Layers[i]
		// A pool is not linear and has only a Lipschitz constant. A matrix may be too large for a
		// proof of the norm itself; then only the upper bound is proved.
		if l.Pool != nil || norm.Upper > norm.Norm*(1+1e-6) {
			samples = append(
				samples,
				layerSample(series.SpectralNorm, i, norm.Upper, series.Certified),
			)
			continue
		}

		frobenius := frobeniusNorm(l)
		stableRank := math.Pow(frobenius/norm.Norm, 2)
		samples = append(samples,
			layerSample(series.SpectralNorm, i, norm.Norm, series.Exact),
			layerSample(series.FrobeniusNorm, i, frobenius, series.Exact),
			layerSample(series.StableRank, i, stableRank, series.Exact))
		if l.Bias != nil {
			bias := floats.Norm(l.Bias, 2)
			samples = append(samples, layerSample(series.BiasNorm, i, bias, series.Exact))
		}
	}

	return samples, nil
}

// frobeniusNorm returns the Frobenius norm of a layer's matrix, or only of the body's part if the
// layer is in a residual block.
func frobeniusNorm(l network.Layer) float64 {
	if blocks, is := l.Map.(network.Blocks); is {
		return network.FrobeniusNorm(blocks.Parts[0].Map)
	}
	return l.FrobeniusNorm()
}
