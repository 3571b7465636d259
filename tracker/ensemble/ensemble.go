// Package ensemble measures networks that differ only in the seed of their training: the bias and
// the variance of their outputs, and the bounds on the variance that Lipschitz constants give
// (Khromov & Singh, ICLR 2024). It sees plain [network.Network] values, as package tracker does.
package ensemble

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// Points are the points at which an ensemble is measured, and the resources to use.
type Points struct {
	Train *mat.Dense // N×D: Lipschitz constants are estimated over these
	Test  *mat.Dense // M×D: losses and variances are means over these
	// Classes are the classes of the test points, for networks trained to the squared distance from
	// one-hot targets; nil leaves out the loss and the bias.
	Classes []int
	// Targets are what regressions should predict at the test points, M×K in the units of their K
	// outputs; nil for classes.
	Targets *mat.Dense
	// TargetNames label the targets; length K ≥ 1, or nil without targets. TargetUnits convert an
	// output of 1 to the unit of its target; nil means 1.
	TargetNames []string
	TargetUnits []float64
	// Goroutines is the number of goroutines that work on chunks of points concurrently; 0 means
	// one per processor. It changes no result.
	Goroutines int
}

// Measure returns these samples for two or more networks over the test points x with one-hot
// targets y*, where E_ζ is the mean over the networks and f̄ = E_ζ f:
//   - expected_loss: E_x E_ζ ‖y* − f(x,ζ)‖₂²;
//   - variance: E_x Var_ζ f(x,ζ), summed over the outputs, unbiased (divided by S − 1);
//   - bias: E_x [‖y* − f̄(x)‖₂² − Var_ζ f(x,ζ)/S], an unbiased estimate too, for the mean f̄ of S
//     networks has 1/S of their variance. In this form expected_loss = bias + variance; the plain
//     E_x ‖y* − f̄(x)‖₂² is bias + variance/S. It may fall below 0 where the bias is 0;
//   - variance_bound, for each choice of a point x′ and of Lipschitz constants: see [bounds].
//
// For a regression, y* are the recorded targets of the test points, so the bias includes their
// noise. The first three are also given for each target, labelled target=…, in the square of its
// unit.
//
// Four networks of width 256 with 4,000 training and 1,000 test points take 0.14 s on two cores.
func Measure(nets []*network.Network, p Points) ([]series.Sample, error) {
	if err := p.validate(nets); err != nil {
		return nil, err
	}

	var samples []series.Sample
	addExact := func(metric string, value float64) {
		samples = append(samples, series.NewSample(metric, "", value, series.Exact))
	}

	test := p.deviations(nets, p.Test, p.target())
	whole := test.moments()
	if p.Classes != nil || p.Targets != nil {
		addExact(series.ExpectedLoss, whole.loss)
		addExact(series.Bias, whole.biasOf(len(nets)))
	}

	addExact(series.Variance, whole.variance)
	for k, name := range p.TargetNames {
		samples = append(samples, p.ofTarget(test.momentsOf(k, k+1), len(nets), k, name)...)
	}

	bounds, err := p.bounds(nets)

	return append(samples, bounds...), err
}

// target returns the targets of the test points, or noTarget if they are unknown.
func (p Points) target() targetOf {
	switch {
	case p.Targets != nil:
		return p.Targets.At
	case p.Classes != nil:
		return oneHot(p.Classes)
	default:
		return noTarget
	}
}

// ofTarget returns loss, bias and variance of one target of a regression, in the square of its
// unit.
func (p Points) ofTarget(test moments, networks, k int, name string) []series.Sample {
	unit := 1.0
	if p.TargetUnits != nil {
		unit = p.TargetUnits[k]
	}

	sample := func(metric string, value float64) series.Sample {
		return series.NewSample(metric, "target="+name, value*unit*unit, series.Exact)
	}

	return []series.Sample{
		sample(series.ExpectedLoss, test.loss),
		sample(series.Bias, test.biasOf(networks)),
		sample(series.Variance, test.variance),
	}
}

func (p Points) validate(nets []*network.Network) error {
	if len(nets) < 2 {
		return fmt.Errorf("an ensemble needs two networks or more, not %d", len(nets))
	}

	for i, net := range nets {
		if err := net.Validate(); err != nil {
			return fmt.Errorf("network %d of the ensemble: %w", i+1, err)
		}

		if net.In() != nets[0].In() || net.Out() != nets[0].Out() {
			return fmt.Errorf("network %d of the ensemble has %d inputs and %d outputs, the first has %d and %d",
				i+1, net.In(), net.Out(), nets[0].In(), nets[0].Out())
		}
	}

	// Norms are taken over the training points and variances over the test points, so both are
	// needed.
	for _, set := range []struct {
		name   string
		points *mat.Dense
	}{{"training", p.Train}, {"test", p.Test}} {
		if set.points == nil || set.points.IsEmpty() {
			return fmt.Errorf("there are no %s points", set.name)
		}

		_, dim := set.points.Dims()
		if dim != nets[0].In() {
			return fmt.Errorf(
				"the networks take %d inputs, the %s points have %d features", nets[0].In(), set.name, dim,
			)
		}
	}

	err := p.validateTargets(nets[0].Out())
	if err != nil {
		return err
	}

	return p.validateClasses(nets[0].Out())
}

func (p Points) validateTargets(outputs int) error {
	if p.Targets == nil {
		return nil
	}

	points, _ := p.Test.Dims()
	rows, targets := p.Targets.Dims()
	switch {
	case p.Classes != nil:
		return errors.New("the test points have both classes and targets")
	case rows != points || targets != outputs || len(p.TargetNames) != outputs:
		return fmt.Errorf("%d test points and %d outputs, but targets of %d×%d with %d names",
			points, outputs, rows, targets, len(p.TargetNames))
	case p.TargetUnits != nil && len(p.TargetUnits) != outputs:
		return fmt.Errorf("%d units for %d targets", len(p.TargetUnits), outputs)
	}

	return nil
}

func (p Points) validateClasses(outputs int) error {
	points, _ := p.Test.Dims()
	if p.Classes != nil && len(p.Classes) != points {
		return fmt.Errorf("%d test points but %d classes", points, len(p.Classes))
	}
	for i, class := range p.Classes {
		if class < 0 || class >= outputs {
			return fmt.Errorf("test point %d is of class %d, the networks have %d outputs",
				i+1, class, outputs)
		}
	}
	return nil
}
