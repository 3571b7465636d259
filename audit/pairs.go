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

// newJudge returns the judge of a classifier. all is an upper bound of the Lipschitz constant L of
// all outputs as a function of u, from the norm of the ball to the 2-norm. It takes roughly as long
// as the budget.
//
// Two bounds exist for every pair: ‖w_i − w_j‖ times the constant of the last layer's inputs (K.
// Leino, Z. Wang and M. Fredrikson, 2021), and √2·L (Y. Tsuzuku, I. Sato and M. Sugiyama, 2018). If
// the budget suffices for all pairs, the network with the single last row w_i − w_j gives a better
// one; this needs a network made of matrices.
func newJudge(ctx context.Context, e *encloser, all float64, budget time.Duration) (*judge, error) {
	net, before := cmp.Or(e.matrices, e.net), e.before()
	k := net.Out()
	c := &judge{encloser: e, norm: rounding.SumUp(math.Sqrt2*all, 2), pair: make([][]float64, k)}
	for i := range c.pair {
		c.pair[i] = make([]float64, k)
	}

	// The budget is divided evenly before it is spent: if there are too many pairs, none gets the
	// better bound.
	limit := budget / time.Duration(k*(k-1)/2)
	cost := 4*passCost(net) + time.Duration(net.Parameters())*perParameter
	// One goroutine fills row i up to the diagonal, so no two write the same entry. The upper
	// triangle is copied afterwards.
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

// perParameter is the time for the cheap bounds of a network per parameter, in addition to the
// passes.
const perParameter = 100 * time.Nanosecond

// difference returns w_i − w_j of the last layer.
func difference(net *network.Network, i, j int) []float64 {
	w := net.Last().Weight
	row := make([]float64, net.Last().In())
	floats.SubTo(row, w.RawRowView(i), w.RawRowView(j))
	return row
}

// rivals returns the linear layer with the outputs f_c − f_j for all j ≠ c in ascending order.
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

// local returns an upper bound of the Lipschitz constant, in the 2-norm and the model's units, of
// the network wherever the slopes of its neurons are in the ranges. The result is at most global,
// the bound that holds everywhere, and is global if net is nil, because the network has no form as
// matrices.
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
