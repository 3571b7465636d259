package experiments

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// evaluateNetwork returns losses, accuracies and the norm of the parameters: those values of the
// training that checkpoints reveal.
func (r *externalRun) evaluateNetwork(net *network.Network) []series.Sample {
	objective := losses.Objective{
		Loss:        r.Config.Train.Loss,
		Temperature: r.Config.Train.Temperature,
	}
	// Errors are given in the units of the file, regardless of how the training scaled its targets.
	var units []float64
	if r.data.TargetScale != nil {
		units = r.data.TargetScale.Std
	}

	over := func(s dataset.Split, lossName, accuracyName string, fit fitNames) []series.Sample {
		points := tracker.Probes{
			X:       s.X,
			Labels:  s.Labels,
			Targets: s.Y,
		}
		if s.Y != nil {
			loss, fits := tracker.EvaluateTargets(net, points, objective, units)
			of := fitSamples(fit, fits, r.measured.known.targets)
			return append([]series.Sample{exactSample(lossName, loss)}, of...)
		}

		loss, accuracy := tracker.Evaluate(net, points, objective)

		return []series.Sample{exactSample(lossName, loss), exactSample(accuracyName, accuracy)}
	}

	samples := over(r.data.Train, series.TrainLoss, series.TrainAccuracy, fitOnTraining)
	if r.data.Test.X != nil {
		samples = append(
			samples,
			over(r.data.Test, series.TestLoss, series.TestAccuracy, fitOnTest)...)
	}

	if !net.IsDense() {
		return samples
	}

	return append(samples, exactSample(series.ParamNorm, parameterNorm(net)))
}

// parameterNorm returns the 2-norm of all weights and biases.
func parameterNorm(net *network.Network) float64 {
	var squares float64
	for _, l := range net.Layers {
		squares += linalg.SumSquares(l.Weight.RawMatrix().Data) + linalg.SumSquares(l.Bias)
	}
	return math.Sqrt(squares)
}
