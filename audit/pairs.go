package audit

import (
	"cmp"
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

// newJudge needs a number ≥ the Lipschitz constant L of the classifier as a function of u, in the
// norm of the ball and the 2-norm. It takes about as long as the budget, or not much longer.
//
// For every pair ‖w_i − w_j‖ times the constant of the inputs of the last layer is one (K. Leino,
// Z. Wang and M. Fredrikson, 2021), and √2·L is another (Y. Tsuzuku, I. Sato and M. Sugiyama,
// 2018). If the budget lasts for all pairs, the network with last row w_i − w_j gives a better one;
// it must be of matrices.
func newJudge(ctx context.Context, e *encloser, all float64, budget time.Duration) (*judge, error) {
	net, before := cmp.Or(e.matrices, e.net), e.before()
	k := net.Out()
	c := &judge{encloser: e, norm: rounding.SumUp(math.Sqrt2*all, 2), pair: make([][]float64, k)}
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
			if cost > limit || e.matrices == nil {
				continue
			}
			apart := network.Layer{Weight: mat.NewDense(1, len(row), row)}
			bound, err := lipschitz(withLast(net, apart), e.ball, limit)
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
