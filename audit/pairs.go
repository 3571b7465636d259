package audit

import (
	"context"
	"math"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// constants are Lipschitz constants of a classifier's outputs as functions of u, all certified.
type constants struct {
	// norm is √2·L with L that of all outputs: by it any difference of two outputs changes at most.
	norm float64
	// pair[i][j] is the constant of the difference of outputs i and j; symmetric.
	pair [][]float64
}

// newConstants needs a number ≥ L, and one ≥ the Lipschitz constant of the inputs of the last
// layer. It takes about as long as the budget, or not much longer.
//
// For every pair ‖w_i − w_j‖ times the latter is one (K. Leino, Z. Wang and M. Fredrikson, 2021),
// and √2·L is another (Y. Tsuzuku, I. Sato and M. Sugiyama, 2018). If the budget lasts for all
// pairs, the network with last row w_i − w_j gives a better one; it must be of matrices.
func newConstants(
	ctx context.Context,
	net *network.Network,
	matrices bool,
	b ball,
	all, before float64,
	budget time.Duration,
) (*constants, error) {
	k := net.Out()
	c := &constants{norm: rounding.SumUp(math.Sqrt2*all, 2), pair: make([][]float64, k)}
	for i := range c.pair {
		c.pair[i] = make([]float64, k)
	}

	// The budget is shared out before it is spent: with too many pairs none gets a bound of its
	// own.
	limit := budget / time.Duration(k*(k-1)/2)
	cost := 4*passCost(net) + time.Duration(net.Parameters())*perParameter
	// Row i is filled by one goroutine up to the diagonal, so no two write the same entry; the
	// mirror image follows below.
	err := processors.EachUntil(ctx, k, func(i int) error {
		for j := range i {
			row := difference(net, i, j)
			c.pair[i][j] = min(c.norm, rounding.SumUp(rounding.Norm2Up(row)*before, 2))
			if cost > limit || !matrices {
				continue
			}
			bound, err := lipschitz(withOutput(net, mat.NewDense(1, len(row), row), nil), b, limit)
			if err != nil {
				return err
			}
			c.pair[i][j] = min(c.pair[i][j], bound)
		}

		return nil
	})

	for i := range k {
		for j := range i {
			c.pair[j][i] = c.pair[i][j]
		}
	}

	return c, err
}

// perParameter is what the cheap bounds of a network take, beside passes, for each parameter.
const perParameter = 100 * time.Nanosecond

// difference returns w_i − w_j of the last layer.
func difference(net *network.Network, i, j int) []float64 {
	w := net.Last().Weight
	row := make([]float64, net.Last().In())
	floats.SubTo(row, w.RawRowView(i), w.RawRowView(j))
	return row
}

// rivals returns the linear layer of the outputs f_c − f_j for all j ≠ c in order.
func rivals(net *network.Network, c int) linear {
	last := net.Last()
	weight := mat.NewDense(net.Out()-1, last.In(), nil)
	var bias []float64
	for i := range net.Out() - 1 {
		j := rival(c, i)
		weight.SetRow(i, difference(net, c, j))
		if last.Bias != nil {
			bias = append(bias, last.Bias[c]-last.Bias[j])
		}
	}
	return newLinear(weight, bias)
}

// rival returns the i-th class other than c.
func rival(c, i int) int {
	if i < c {
		return i
	}
	return i + 1
}

// local returns a number ≥ the Lipschitz constant, in the 2-norm and the model's units, of the
// network where the slopes of its neurons are in the ranges, and at most the global one. A network
// that is nil, as not being of matrices, has only that.
func local(net *network.Network, ranges [][]bounds.Range, global float64) (float64, error) {
	if net == nil {
		return global, nil
	}

	b, err := bounds.Within(net, ranges)
	if err != nil {
		return 0, err
	}
	return min(global, b.Best(bounds.Two)), nil
}
