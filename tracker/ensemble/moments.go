package ensemble

import (
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/network"
)

// moments are means over points, each a sum over the outputs.
type moments struct {
	loss     float64 // E_ζ ‖y* − f‖²
	ofMean   float64 // ‖y* − f̄‖²
	variance float64 // Var_ζ f, unbiased
}

// biasOf returns the unbiased estimate of the bias for this number of networks.
func (m moments) biasOf(networks int) float64 {
	return m.ofMean - m.variance/float64(networks)
}

// targetOf returns the target of output k at a point.
type targetOf func(point, k int) float64

// noTarget stands in for targets if only the variance is needed.
func noTarget(int, int) float64 { return 0 }

// oneHot returns the targets of classes.
func oneHot(classes []int) targetOf {
	return func(point, k int) float64 {
		if classes[point] == k {
			return 1
		}
		return 0
	}
}

// deviations are the terms of moments for each point and output.
type deviations struct {
	outputs                int
	loss, ofMean, variance []float64
}

// deviations evaluates the networks at the points x.
func (p Points) deviations(nets []*network.Network, x *mat.Dense, target targetOf) deviations {
	points, _ := x.Dims()
	outputs := nets[0].Out()
	terms := func() []float64 { return make([]float64, points*outputs) }
	d := deviations{outputs, terms(), terms(), terms()}

	p.sweepPoints(nets, x, (*network.Network).ForwardCost, func(passes []*network.Pass[float64], from, n int) {
		values, errors := make([]float64, len(nets)), make([]float64, len(nets))
		for i := range n {
			for k := range outputs {
				want := target(from+i, k)
				for s, pass := range passes {
					values[s] = pass.Outputs()[i*outputs+k]
					errors[s] = (values[s] - want) * (values[s] - want)
				}

				// No other goroutine writes to this point.
				center, spread := stat.MeanVariance(values, nil)
				at := (from+i)*outputs + k
				d.loss[at] = stat.Mean(errors, nil)
				d.ofMean[at] = (center - want) * (center - want)
				d.variance[at] = spread
			}
		}
	})

	return d
}

// moments returns the moments over all outputs.
func (d deviations) moments() moments {
	return d.momentsOf(0, d.outputs)
}

// momentsOf returns the moments over the outputs first ≤ k < end.
func (d deviations) momentsOf(first, end int) moments {
	mean := func(terms []float64) float64 {
		sums := make([]float64, len(terms)/d.outputs)
		for i := range sums {
			for k := first; k < end; k++ {
				sums[i] += terms[i*d.outputs+k]
			}
		}
		return stat.Mean(sums, nil)
	}

	return moments{mean(d.loss), mean(d.ofMean), mean(d.variance)}
}
