package tracker

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// layerSample returns a sample of the layer with index i, which users count from 1.
func layerSample(metric string, i int, value float64, kind series.Kind) series.Sample {
	return series.NewSample(metric, fmt.Sprintf("layer=%d", i+1), value, kind)
}

// reachedSample returns a sample of the lower bound that is proved by a norm of the network's
// Jacobian computed at x (see [surelyReached]). The place at describes x.
func reachedSample(s *Snapshot, metric string, norm float64, x []float64, at *series.Place) series.Sample {
	bound, warning := surelyReached(s.Net, norm, x)
	sample := series.NewSample(metric, "", bound, series.Lower)
	sample.Warning, sample.At = warning, at
	return sample
}

// certifiedSample returns a sample of a certified bound, which may be beyond float64.
func certifiedSample(metric, label string, bound float64) series.Sample {
	sample := series.NewSample(metric, label, bound, series.Certified)
	if math.IsInf(bound, 1) {
		sample.Warning = "the weights are too large for a bound within the range of float64"
	}
	return sample
}

// missingSample returns a sample with the value NaN and the reason as its warning.
func missingSample(metric, label string, kind series.Kind, reason string) series.Sample {
	sample := series.NewSample(metric, label, math.NaN(), kind)
	sample.Warning = reason
	return sample
}

// denseOnly is the reason why a network with other than dense layers has no value.
const denseOnly = "is for networks of dense layers"
