// Package derive computes quantities from recorded series without the network: bounds that follow
// from other values.
package derive

import (
	"fmt"

	"github.com/liptrack/liptrack/tracker/series"
)

// Evolution holds the paper's two bounds on the evolution of the Lipschitz constant (Khromov and
// Singh 2024), at the epochs at which parameter_jacobian and updates were measured:
//
//	Path(τ)    = 2/r · C(τ) · Σ_{t<τ} ‖θ_{t+1} − θ_t‖ + C_x(θ₀)
//	Updates(τ) = 2/r · C(τ) · B · η · τ               + C_x(θ₀)
//
// C is the largest parameter_jacobian up to τ, the sum is update_path, B is update_gradient, the
// largest gradient of an update, η is the largest learning_rate, r is the data_diameter, and
// C_x(θ₀) is the lower_bound at epoch 0.
//
// The following is proved for Path. If C is the maximum over the whole path, not only over the
// recorded epochs, and C_x(θ₀) is a Lipschitz constant between the points of the data, then ‖f(x) −
// f(y)‖/r is at most Path for any two points, because no output has moved farther than C times the
// path. So Path bounds the diameter of the outputs over the diameter of the inputs. It does not
// bound max ‖J(x)‖: one unit that switches at one point makes ‖J‖ jump while no output moves.
// Updates is at least Path for plain SGD, whose updates have length at most η·B, and proves nothing
// for other optimizers. Neither is certified.
type Evolution struct {
	Epochs, Steps []int
	Path, Updates []float64
}

// NewEvolution derives the bounds from a run's series. The error names a metric that is missing.
func NewEvolution(t *series.Table) (Evolution, error) {
	var e Evolution
	curve := func(metric string) *series.Curve { return t.Curve(metric, "") }

	initial, ok := curve(series.LowerBound).At(0)
	if !ok {
		return e, missing(series.LowerBound)
	}

	diameter, ok := curve(series.DataDiameter).At(0)
	if !ok {
		return e, missing(series.DataDiameter)
	}

	needed := []string{
		series.ParameterJacobian,
		series.UpdatePath,
		series.UpdateGradient,
		series.LearningRate,
	}
	for _, metric := range needed {
		if curve(metric) == nil {
			return e, missing(metric)
		}
	}

	jacobian, path := curve(series.ParameterJacobian), curve(series.UpdatePath)
	gradients := curve(series.UpdateGradient)
	rate := runningMax(curve(series.LearningRate))

	// Metrics may be recorded at different epochs: the bounds exist where all of them are.
	largest := 0.0
	for i, epoch := range jacobian.Epochs {
		largest = max(largest, jacobian.Values[i])
		length, hasPath := path.At(epoch)
		gradient, hasGradient := gradients.At(epoch)
		if !hasPath || !hasGradient {
			continue
		}

		// C is the largest up to here, since the bound needs it along the whole path.
		growth := 2 / diameter * largest
		step := jacobian.Steps[i]
		e.Epochs = append(e.Epochs, epoch)
		e.Steps = append(e.Steps, step)
		e.Path = append(e.Path, growth*length+initial)
		e.Updates = append(e.Updates, growth*gradient*rate(epoch)*float64(step)+initial)
	}

	return e, nil
}

func missing(metric string) error {
	return fmt.Errorf("needs %s, which was not recorded from epoch 0", metric)
}

// runningMax returns a function that gives the largest value of a curve up to an epoch. It must be
// called in ascending order of epochs.
func runningMax(c *series.Curve) func(epoch int) float64 {
	next, largest := 0, 0.0
	return func(epoch int) float64 {
		for ; next < len(c.Epochs) && c.Epochs[next] <= epoch; next++ {
			largest = max(largest, c.Values[next])
		}
		return largest
	}
}
