package ensemble

import (
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// bounds returns the right-hand sides of
//
//	E_x Var_ζ f(x,ζ) ≤ 3 (C̄² + E_ζ C_ζ²) E_x ‖x − x′‖² + 3 Var_ζ f(x′,ζ)
//
// where C̄ is the Lipschitz constant of f̄ and C_ζ the constant of f(·,ζ). Labels give the point x′
// and the estimates of the constants:
//   - at=zero, at=mean: the origin; the mean of the test points;
//   - by=lower: the largest norm of the Jacobian over the training points, of f̄ that of the mean
//     of the Jacobians; an estimate;
//   - by=upper: the best certified upper bound of each network, for f̄ their mean; certified;
//   - by=product: likewise with the product of norms, as the paper has it; certified.
//
// The paper has the square of the mean of C_ζ in place of the mean of the squares, which is at
// least as large. The inequality holds for unbiased variances too: f − f̄ at x is g − ḡ plus f − f̄
// at x′, with g(x) = f(x) − f(x′), so ‖a+b‖² ≤ 3/2·‖a‖² + 3‖b‖² and Σ‖g − ḡ‖² ≤ Σ‖g‖² ≤ Σ C_ζ²‖x −
// x′‖² prove it with 3/2·S/(S−1) ≤ 3 and without C̄. The term with C̄ is more than all rounding
// errors.
func (p Points) bounds(nets []*network.Network) ([]series.Sample, error) {
	lower := p.lowerConstants(nets)
	best, product, err := upperConstants(nets)
	if err != nil {
		return nil, err
	}

	var samples []series.Sample
	for _, at := range []struct {
		name  string
		point []float64
	}{{"zero", make([]float64, nets[0].In())}, {"mean", meanRow(p.Test)}} {
		// These two terms of the right-hand side do not depend on the constants.
		distance := meanSquaredDistance(p.Test, at.point)
		variance := p.deviations(
			nets,
			mat.NewDense(1, len(at.point), at.point),
			noTarget,
		).moments().variance
		for _, by := range []struct {
			name string
			kind series.Kind
			constants
		}{
			{"lower", series.Estimate, lower},
			{"upper", series.Certified, best},
			{"product", series.Certified, product},
		} {
			lipschitz := by.ofMean*by.ofMean + by.meanSquare
			label := "at=" + at.name + ",by=" + by.name
			bound := 3*lipschitz*distance + 3*variance
			samples = append(
				samples,
				series.NewSample(series.VarianceBound, label, bound, by.kind),
			)
		}
	}

	return samples, nil
}

// constants are Lipschitz constants of an ensemble, or estimates or bounds in their place.
type constants struct {
	ofMean     float64 // of f̄
	meanSquare float64 // E_ζ C_ζ²
}

// lowerConstants returns the largest norms of Jacobians over the training points.
func (p Points) lowerConstants(nets []*network.Network) constants {
	rows, cols := nets[0].Out(), nets[0].In()
	points, _ := p.Train.Dims()
	norms := make([][]float64, len(nets))
	for s := range norms {
		norms[s] = make([]float64, points)
	}

	ofMean := make([]float64, points)
	p.sweepPoints(nets, p.Train, jacobianCost, func(passes []*network.Pass[float64], from, n int) {
		sum := make([]float64, n*rows*cols)
		// A pass's Jacobians are valid only until its next call, so they are added to the mean at
		// once.
		for s, pass := range passes {
			j := pass.Jacobian(len(nets[s].Layers))
			linalg.SpectralNorms(norms[s][from:from+n], j, rows, cols)
			floats.Add(sum, j)
		}

		floats.Scale(1/float64(len(nets)), sum)
		linalg.SpectralNorms(ofMean[from:from+n], sum, rows, cols)
	})

	// Each network's largest norm over the points is squared before the mean.
	c := constants{ofMean: slices.Max(ofMean)}
	for _, n := range norms {
		largest := slices.Max(n)
		c.meanSquare += largest * largest / float64(len(nets))
	}

	return c
}

// upperConstants returns the best certified bounds, and the products of norms.
func upperConstants(nets []*network.Network) (best, product constants, err error) {
	for _, net := range nets {
		b, err := bounds.NewWhole(net)
		if err != nil {
			return best, product, err
		}
		best.addNetwork(b.Best(bounds.Two), len(nets))
		product.addNetwork(b.Product(bounds.Two), len(nets))
	}
	return best, product, nil
}

// addNetwork adds the constant of one of n networks. The constant of f̄ is at most the mean of the
// constants.
func (c *constants) addNetwork(constant float64, networks int) {
	c.ofMean += constant / float64(networks)
	c.meanSquare += constant * constant / float64(networks)
}

// meanRow returns the mean of the rows of x.
func meanRow(x *mat.Dense) []float64 {
	rows, cols := x.Dims()
	mean := make([]float64, cols)
	for i := range rows {
		floats.Add(mean, x.RawRowView(i))
	}
	floats.Scale(1/float64(rows), mean)
	return mean
}

// meanSquaredDistance returns the mean over the rows of x of their squared distance to a point.
func meanSquaredDistance(x *mat.Dense, point []float64) float64 {
	rows, _ := x.Dims()
	mean := 0.0
	for i := range rows {
		d := floats.Distance(x.RawRowView(i), point, 2)
		mean += d * d / float64(rows)
	}
	return mean
}
