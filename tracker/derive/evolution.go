// Package derive computes from recorded series what needs no network: bounds that follow from others.
package derive

import (
	"fmt"

	"github.com/liptrack/liptrack/tracker/series"
)

// Evolution holds two bounds on how large max ‖J(x)‖ over the data can have become after τ updates
// (Khromov and Singh 2024, Lipschitz evolution during training), at the epochs at which
// parameter_jacobian was measured:
//
//	Path(τ)    = 2/r · C(τ) · Σ_{t≤τ} ‖θ_t − θ_{t−1}‖ + C_x(θ₀)
//	Updates(τ) = 2/r · C(τ) · B · η · τ               + C_x(θ₀)
//
// with C the largest parameter_jacobian, B the largest grad_norm and η the largest learning_rate up to
// there, r the data_diameter, C_x(θ₀) the lower_bound at epoch 0, and the sum, path_length, over
// epochs. The paper derives the second for plain SGD. Neither is certified: the maxima are of the
// recorded epochs and of the data only.
type Evolution struct {
	Epochs, Steps []int
	Path, Updates []float64
}

// NewEvolution derives the bounds from a run's series. The error names what the series lack.
func NewEvolution(t *series.Table) (Evolution, error) {
	var e Evolution
	initial, ok := t.Curve(series.LowerBound, "").At(0)
	if !ok {
		return e, missing(series.LowerBound)
	}
	r, ok := t.Curve(series.DataDiameter, "").At(0)
	if !ok {
		return e, missing(series.DataDiameter)
	}
	for _, metric := range []string{series.ParameterJacobian, series.PathLength, series.GradNorm, series.LearningRate} {
		if t.Curve(metric, "") == nil {
			return e, missing(metric)
		}
	}
	jacobian, path := t.Curve(series.ParameterJacobian, ""), t.Curve(series.PathLength, "")
	gradient, rate := runningMax(t.Curve(series.GradNorm, "")), runningMax(t.Curve(series.LearningRate, ""))
	largest := 0.0
	for i, epoch := range jacobian.Epochs {
		largest = max(largest, jacobian.Values[i])
		length, ok := path.At(epoch)
		if !ok {
			continue
		}
		growth := 2 / r * largest
		step := jacobian.Steps[i]
		e.Epochs, e.Steps = append(e.Epochs, epoch), append(e.Steps, step)
		e.Path = append(e.Path, growth*length+initial)
		e.Updates = append(e.Updates, growth*gradient(epoch)*rate(epoch)*float64(step)+initial)
	}
	return e, nil
}

func missing(metric string) error {
	return fmt.Errorf("needs %s, which was not recorded from epoch 0", metric)
}

// runningMax returns the largest value of a curve up to an epoch, to be asked for in ascending order.
func runningMax(c *series.Curve) func(epoch int) float64 {
	next, largest := 0, 0.0
	return func(epoch int) float64 {
		for ; next < len(c.Epochs) && c.Epochs[next] <= epoch; next++ {
			largest = max(largest, c.Values[next])
		}
		return largest
	}
}
