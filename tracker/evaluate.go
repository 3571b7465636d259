package tracker

import (
	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// Evaluate returns the mean loss of a network over labelled points, in float64, and the fraction of
// the points that it classifies correctly. The class of a point is the largest output, the first if
// several are equal.
func Evaluate(net *network.Network, p Probes, objective losses.Objective) (loss, accuracy float64) {
	right := newOutcomes(p)
	loss = p.meanLoss(net, objective, right.addPoints)

	// Points are counted in their order, regardless of which goroutine evaluated them.
	correct := 0
	for _, is := range right.correct {
		if is {
			correct++
		}
	}

	return loss, float64(correct) / float64(p.Len())
}

// EvaluateTargets returns the mean loss of a network over points with the targets of a regression,
// in float64, and how well each of its outputs predicts its target. Units are the standard
// deviations by which the targets were divided; nil if they were not divided.
func EvaluateTargets(net *network.Network, p Probes, objective losses.Objective, units []float64) (
	loss float64, fits []losses.Fit,
) {
	outputs := net.Out()
	squares := make([]float64, p.Len()*outputs)
	loss = p.meanLoss(net, objective, func(pass *network.Pass[float64], from, n int) {
		for i := range n {
			of := squares[(from+i)*outputs:][:outputs]
			losses.AddSquares(
				of,
				pass.Outputs()[i*outputs:][:outputs],
				p.Targets.RawRowView(from+i),
			)
		}
	})

	// Points are summed in their order, regardless of which goroutine evaluated them.
	sums := make([]float64, outputs)
	for i := range p.Len() {
		floats.Add(sums, squares[i*outputs:][:outputs])
	}

	return loss, losses.Fits(sums, p.Targets, units)
}

// FitTargets returns how well each output of a network predicts its target, in the units that
// EvaluateTargets takes.
func FitTargets(net *network.Network, p Probes, units []float64) []losses.Fit {
	_, fits := EvaluateTargets(net, p, losses.Objective{Loss: losses.MSE}, units)
	return fits
}

// meanLoss returns the mean loss over the points, and calls visit on every chunk of them.
func (p Probes) meanLoss(
	net *network.Network, objective losses.Objective, visit func(pass *network.Pass[float64], from, n int),
) float64 {
	each, truth := make([]float64, p.Len()), p.truth()
	p.sweepPoints(p, net, net.ForwardCost(), func(pass *network.Pass[float64], from, n int) {
		visit(pass, from, n)
		outputs := pass.Outputs()
		size := len(outputs) / n
		for i := range n {
			each[from+i] = objective.AtPoint(outputs[i*size:(i+1)*size], truth, from+i)
		}
	})

	var sum float64
	for _, loss := range each {
		sum += loss
	}

	return sum / float64(p.Len())
}
