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

// biasOf returns the unbiased bias of an ensemble of so many networks.
func (m moments) biasOf(networks int) float64 { return m.ofMean - m.variance/float64(networks) }

// targetOf returns what the networks were to give for output k of a point.
type targetOf func(point, k int) float64

// noTarget stands for targets where only the variance is asked for.
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

// moments evaluates the networks at the points x, over the outputs from one to before another.
func (p Points) moments(nets []*network.Network, x *mat.Dense, target targetOf, first, end int) moments {
	points, _ := x.Dims()
	loss, ofMean := make([]float64, points), make([]float64, points)
	variance := make([]float64, points)
	p.sweep(nets, x, (*network.Network).ForwardCost, func(passes []*network.Pass[float64], from, n int) {
		outputs := nets[0].Out()
		values, errors := make([]float64, len(nets)), make([]float64, len(nets))
		for i := range n {
			at := from + i
			for k := first; k < end; k++ {
				want := target(at, k)
				for s, pass := range passes {
					values[s] = pass.Outputs()[i*outputs+k]
					errors[s] = (values[s] - want) * (values[s] - want)
				}

				// Sums over the outputs of one point, which no other goroutine has.
				center, spread := stat.MeanVariance(values, nil)
				loss[at] += stat.Mean(errors, nil)
				ofMean[at] += (center - want) * (center - want)
				variance[at] += spread
			}
		}
	})

	return moments{stat.Mean(loss, nil), stat.Mean(ofMean, nil), stat.Mean(variance, nil)}
}
