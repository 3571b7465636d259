package claims

import (
	"fmt"
	"maps"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// Made-up evidence for each claim.
var examples = map[int]example{
	1: {
		agree:    evidence("evolution", madeRun(width256, 42, atInitialisation(0.3702))),
		disagree: evidence("evolution", madeRun(width256, 42, atInitialisation(0.39))),
		notRun:   evidence("evolution", madeRun(width256, 43, atInitialisation(0.3702))), // another seed
	},
	2: {
		agree:    evidence("evolution", madeRun(width256, 42, table(1.3356, 10000))),
		disagree: evidence("evolution", madeRun(width256, 42, table(1.4, 10000))),
		notRun:   evidence("evolution", madeRun(width256, 42, table(1.3356, 3000))), // too short
	},
	3: {
		agree: evidence("evolution", madeRun(width256, 42, table(1.3356, 10000))),
		disagree: evidence(
			"evolution",
			madeRun(
				width256,
				42,
				values{
					series.LowerBound:    rows(1, 2, 3, 4, 5, 6, 7),
					series.AltLowerBound: rows(0.165, 0.865, 2.752, 4.257, 4.5, 5.591, 6.361),
				},
			),
		),
		notRun: evidence(
			"evolution",
			madeRun(join(width256, recipe{"train.optimizer.lr": "0.01"}), 42, table(1.3356, 10000)),
		),
	},
	4: {
		agree: evidence(
			"evolution",
			seeds(width256, values{series.LowerBound: always(2), series.AltLowerBound: always(1)})...),
		disagree: evidence(
			"evolution",
			seeds(width256, values{series.LowerBound: always(2), series.AltLowerBound: {0: 1, 100: 2.1}})...),
		notRun: evidence("evolution", seeds(width256, values{series.LowerBound: always(2)})...),
	},
	5: {
		agree: evidence("fidelity", madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 9))),
		disagree: Evidence{
			"fidelity": {Runs: []Run{madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 9))}},
			"depth":    {Runs: []Run{madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 2.4))}},
		},
		notRun: evidence(
			"fidelity",
			madeRun(width256, 42, values{series.LowerBound: always(1), series.UpperBest: always(2)}),
		),
	},
	6: {
		agree:    evidence("evolution", seeds(width256, grown(83000, 63, 66))...),
		disagree: evidence("evolution", seeds(width256, grown(83000, 63, 30))...),
		notRun:   evidence("evolution", seeds(width256, grown(10000, 26, 20))...),
	},
	7: {
		agree:    evidence("evolution-wide", widths(83000, [2]float64{63, 66}, [2]float64{40, 10})...),
		disagree: evidence("evolution-wide", widths(83000, [2]float64{40, 66}, [2]float64{63, 10})...),
		notRun:   evidence("evolution-wide", widths(1000, [2]float64{63, 66}, [2]float64{40, 10})...),
	},
	8: {
		agree:    evidence("evolution", seeds(width256, laws(60000, 0.59, 0.46, 0.44))...),
		disagree: evidence("evolution", seeds(width256, laws(60000, 0.59, 0.8, 0.44))...),
		notRun:   evidence("evolution", seeds(width256, laws(10000, 0.59, 0.46, 0.44))...),
	},
	9: {
		agree: evidence(
			"evolution-mse",
			seeds(join(squareLoss, recipe{"model.hidden": "[256]"}), laws(160000, 0.80, 0.62, 0.52))...),
		disagree: evidence(
			"evolution-mse",
			seeds(join(squareLoss, recipe{"model.hidden": "[256]"}), laws(160000, 0.80, 0.62, 0.02))...),
		notRun: evidence(
			"evolution-mse",
			seeds(
				join(squareLoss, recipe{"model.hidden": "[256]", "train.optimizer.lr": "0.01"}),
				laws(160000, 0.80, 0.62, 0.52),
			)...),
	},
	10: {
		agree: evidence(
			"fidelity",
			madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 9)),
			madeRun(width256, 43, chain(1, 1.2, 2, 2.5, 9)),
		),
		disagree: evidence(
			"fidelity",
			madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 9)),
			madeRun(width256, 43, chain(1, 1.2, 2, 8, 9)),
		),
		notRun: evidence("fidelity", madeRun(width256, 42, chain(1, 1.2, 2, 2.5, 9))), // one epoch
	},
	11: {
		agree:    evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 136, 0, 1))),
		disagree: evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 120, 0, 1))),
		notRun:   evidence("toy", madeRun(toy, 42, onPlane(50000, 136, 0, 1))),
	},
	12: {
		agree:     evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 136, 0.01, 1))),
		disagree:  evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 136, 0.8, 1))),
		undecided: evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 136, 0.3, 1))),
		notRun:    evidence("toy", madeRun(toy, 42, onPlane(toyEpochs, 136, 0.01, 0.9))), // not fitted
	},
	13: {
		agree: evidence(
			"double-descent",
			overWidths(crossEntropy, 500, []int{2, 4, 8, 12, 16, 64}, []float64{2, 3, 6, 9, 5, 1}, 1)...),
		disagree: evidence(
			"double-descent",
			overWidths(crossEntropy, 500, []int{2, 4, 8, 12, 16, 64}, []float64{2, 3, 4, 5, 6, 7}, 1)...),
		notRun: evidence(
			"double-descent",
			overWidths(crossEntropy, 500, []int{2, 4, 8, 12, 16, 64}, []float64{2, 3, 6, 9, 5, 1}, 0.8)...),
	},
	14: {
		agree: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 500, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			descents(0.9, 0.1),
		),
		disagree: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 500, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			descents(0.1, 0.9),
		),
		notRun: evidence(
			"double-descent-mse",
			overWidths(squareLoss, 500, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1)...), // no ensembles
	},
	15: {
		agree: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 4000, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			descents(0.9, 0.1),
		),
		disagree: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 500, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			boundBelow(descents(0.9, 0.1)),
		),
		undecided: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 4000, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			descents(0.9, 0.1, 90, 10, 10, 12, 40, 300),
		),
		notRun: withEnsembles(
			"double-descent-mse",
			overWidths(squareLoss, 500, fewWidths, []float64{2, 3, 6, 9, 5, 1}, 1),
			descents(0.9, 0.1),
		), // the bounds hold, in another setting
	},
	16: {
		agree:    evidence("initialisation", initialised(-0.06, 0.45)...),
		disagree: evidence("initialisation", initialised(-0.06, 0.1)...),
		notRun:   evidence("initialisation", initialised(-0.06, 0.45)[:8]...), // narrow ones only
	},
	17: {
		agree:    evidence("depth", deepened(crossEntropy, 0.35, -2.5, -2.8, 0.005)...),
		disagree: evidence("depth", deepened(crossEntropy, 0.35, 2.5, -2.8, 0.005)...),
		notRun:   evidence("depth", deepened(crossEntropy, 0.35, -2.5, -2.8, 0.005)[:8]...),
	},
	18: {
		agree:    evidence("depth", deepened(crossEntropy, 3.3, 2.1, 1.2, 0.5)...), // by sign
		disagree: evidence("depth", deepened(crossEntropy, 3.3, 0.5, 1.2, 0.005)...),
		notRun:   evidence("depth", deepened(crossEntropy, 3.3, 2.1, 1.2, 0.5)[:8]...),
	},
	19: {
		agree:    evidence("samples", sampled(0.53, 0.37, 0.36, 0.01)...),
		disagree: evidence("samples", sampled(0.53, 1.37, 0.36, 0.5)...), // by sign
		notRun:   evidence("samples", sampled(0.53, 0.37, 0.36, 0.01)[:8]...),
	},
	20: {
		agree:    evidence("optimizers", raced(1000, 10, 40)...),
		disagree: evidence("optimizers", raced(1000, 40, 10)...),
		notRun:   evidence("optimizers", raced(100, 10, 40)...),
	},
	21: {
		agree:    evidence("optimizers", raced(1000, 10, 40)...),
		disagree: evidence("optimizers", raced(1000, 40, 10)...),
		notRun:   evidence("optimizers", raced(100, 10, 40)...),
	},
	22: {
		agree:    evidence("losses", lost(2000, 10, 3, 2)...),
		disagree: evidence("losses", lost(2000, 10, 3, 12)...),
		notRun:   evidence("losses", lost(500, 10, 3, 2)...),
	},
	23: {
		agree:    evidence("out-of-distribution", besideData("0.1", 2.1, 2.5)...),
		disagree: evidence("out-of-distribution", besideData("0.1", 3.1, 3.5)...),
		notRun:   evidence("out-of-distribution", besideData("0.5", 2.1, 2.5)...), // too much noise
	},
	24: {
		agree:    evidence("adversarial", seeds(crossEntropy, attacked(2.05, 1.6, 3))...),
		disagree: evidence("adversarial", seeds(crossEntropy, attacked(3, 1.6, 3))...),
		notRun:   evidence("adversarial"),
	},
	25: {
		agree:    mapOfNoise(mapped, mapped),
		disagree: mapOfNoise(mapped, func(a, w int) float64 { return float64(1 + a + w) }),
		notRun:   evidence("label-noise", noisy(mapped)...), // not near the threshold
	},
	26: {
		agree: evidence(
			"linearisation",
			madeRun(
				mixed,
				42,
				values{
					series.MixedDerivativeMean: always(3.2),
					series.MixedDerivativeStd:  always(0.6),
					series.MixedDerivativeMax:  always(4.9),
				},
			),
		),
		disagree: evidence(
			"linearisation",
			madeRun(
				mixed,
				42,
				values{
					series.MixedDerivativeMean: always(4.2),
					series.MixedDerivativeStd:  always(0.6),
					series.MixedDerivativeMax:  always(4.9),
				},
			),
		),
		notRun: evidence("linearisation", madeRun(mixed, 43, values{series.MixedDerivativeMean: always(3.2)})),
	},
	27: {
		agree:    evidence("evolution-bounds", seeds(sixLayers, moved(1))...),
		disagree: evidence("evolution-bounds", seeds(sixLayers, moved(1000))...), // above the product from the start
		notRun:   evidence("evolution-bounds", seeds(sixLayers, values{series.LowerBound: always(1)})...),
	},
	28: {
		agree:    evidence("constrained", held(constraintSetting, []float64{1, 5, 1}, []float64{1, 2, 1})...),
		disagree: evidence("constrained", held(constraintSetting, []float64{1, 5, 1}, []float64{1, 9, 1})...),
		undecided: evidence(
			"constrained",
			held(constraintSetting, []float64{1, 2, 3}, []float64{1, 2, 3})...), // nothing to reduce
		notRun: evidence(
			"constrained",
			held(crossEntropy, []float64{1, 5, 1}, []float64{1, 2, 1})...), // reduced, in another setting
	},
	29: {
		agree: evidence("regularised", swept(square256, "train.jacobian_penalty", penalised(1.5, 9.5, 2))...),
		disagree: evidence(
			"regularised",
			swept(square256, "train.jacobian_penalty", penalised(1.5, 5, 2))...), // upper falls along
		notRun: evidence("regularised", seeds(square256, penalised(1.5, 9.5, 2)["0"])...),
	},
	30: {
		agree:    requested(1, 1.4, 1.1),
		disagree: requested(4, 1.4, 1.1),
		notRun:   without(requested(1, 1.4, 1.1), "dropout"),
	},
}

func atInitialisation(lower float64) values {
	return values{series.PaperLower: {0: 0.3691}, series.LowerBound: {0: lower}, series.AltLowerBound: {0: 0.1652},
		series.UpperProduct: {0: 1.3090}, series.JacobianMean: {0: 0.2804}}
}

// table returns the rows of Table 3 up to an epoch, with the given first lower bound.
func table(first float64, last int) values {
	v := values{
		series.LowerBound:    rows(0.37, first, 3.7736, 5.7545, 7.1704, 8.0979, 9.8159),
		series.AltLowerBound: rows(0.165, 0.8668, 2.7556, 4.2586, 5.0897, 5.5240, 6.2886),
	}
	for _, curve := range v {
		maps.DeleteFunc(curve, func(epoch int, _ float64) bool { return epoch > last })
	}
	return v
}

func chain(mean, rms, lower, enlarged, upper float64) values {
	return values{series.JacobianMean: always(mean), series.JacobianRMS: always(rms), series.LowerBound: always(lower),
		series.EnlargedLowerBound: always(enlarged), series.UpperProduct: always(upper)}
}

func grown(last int, lower, upper float64) values {
	return values{series.LowerBound: {0: 0.37, last: 0.37 * lower}, series.UpperProduct: {0: 1.3, last: 1.3 * upper}}
}

// widths returns runs of two widths whose bounds grow by the given factors of lower and upper.
func widths(last int, narrow, wide [2]float64) []Run {
	// The seeds' factor cancels in a ratio, so the last values are spread once more.
	var made []Run
	for _, w := range []struct {
		hidden string
		growth [2]float64
	}{{"[256]", narrow}, {"[65536]", wide}} {
		for s := range uint64(4) {
			spread := 1 + 0.01*float64(s)
			made = append(
				made,
				madeRun(
					join(crossEntropy, recipe{"model.hidden": w.hidden}),
					paperSeed+s,
					grown(last, spread*w.growth[0], spread*w.growth[1]),
				),
			)
		}
	}

	return made
}

func laws(last int, upper, lower, mean float64) values {
	return values{
		series.UpperProduct: power(1, upper, last),
		series.LowerBound:   power(0.5, lower, last),
		series.JacobianMean: power(0.3, mean, last),
	}
}

func onPlane(last int, lower, distance, accuracy float64) values {
	at := func(v float64) map[int]float64 { return map[int]float64{0: 1, last: v} }
	return values{
		series.LowerBound:           at(lower),
		series.UpperProduct:         at(389.1),
		series.GridLowerBound:       at(144.2),
		series.GridBoundaryDistance: at(distance),
		series.TrainAccuracy:        at(accuracy),
		series.TestAccuracy:         at(11. / 15),
	}
}

var fewWidths = []int{4, 16, 40, 80, 200, 800}

// overWidths returns runs with all bounds and the test loss over widths.
func overWidths(base recipe, n int, widths []int, bounds []float64, accuracy float64) []Run {
	var made []Run
	for i, w := range widths {
		v := values{series.TrainAccuracy: {0: 0.1, 100: accuracy}}
		for _, m := range descending {
			v[m.metric] = always(bounds[i])
		}
		made = append(made, seeds(oneWidth(base, w, n), v)...)
	}
	return made
}

func withEnsembles(name string, made []Run, ensembles []Run) Evidence {
	x := Experiment{Runs: made}
	for _, e := range ensembles {
		x.Ensembles = append(x.Ensembles, e.Table)
	}
	return Evidence{name: x}
}

// descents returns ensembles over a few widths whose variance and bias fall by the given amounts
// beyond the threshold. The bound by lower is the variance times a factor, 100 by default.
func descents(variance, bias float64, factors ...float64) []Run {
	var made []Run
	for i, shape := range []float64{0, 0.2, 0.6, 1, 0.5, 0} {
		factor := 100.0
		if factors != nil {
			factor = factors[i]
		}
		v, b := 0.1+variance*shape, 0.5+bias*shape
		made = append(made, madeRun(oneWidth(squareLoss, fewWidths[i], 500), 0, values{
			series.Variance: {100: v}, series.Bias: {100: b},
			series.VarianceBound + " at=zero,by=lower": {100: factor * v},
			series.VarianceBound + " at=mean,by=lower": {100: 0.99 * factor * v},
			series.VarianceBound + " at=zero,by=upper": {100: 10 * factor * v}}))
	}

	return made
}

// boundBelow adds a bound that the variance exceeds.
func boundBelow(made []Run) []Run {
	made[2].Add(
		series.Point{
			Epoch:  100,
			Sample: series.Sample{Metric: series.VarianceBound, Label: "at=mean,by=upper", Value: 1e-3},
		},
	)
	return made
}

// initialised returns runs whose bounds are powers of the width.
func initialised(lower, upper float64) []Run {
	var made []Run
	for _, w := range []int{16, 256, 1024, 4096, 16384} {
		made = append(
			made,
			seeds(
				oneWidth(initial, w, 4000),
				values{series.LowerBound: {0: pow(w, lower)}, series.UpperProduct: {0: pow(w, upper)}},
			)...)
	}
	return made
}

func deepened(base recipe, upper, lower, mean, gradient float64) []Run {
	var made []Run
	for d := 1; d <= 5; d++ {
		hidden := "[64"
		for range d - 1 {
			hidden += ", 64"
		}
		made = append(
			made,
			seeds(join(base, recipe{"model.hidden": hidden + "]"}), values{series.UpperProduct: always(pow(d, upper)),
				series.LowerBound: always(
					pow(d, lower),
				), series.JacobianMean: always(pow(d, mean)), series.GradNorm: always(gradient)})...)
	}

	return made
}

func sampled(upper, lower, mean, gradient float64) []Run {
	var made []Run
	for _, n := range []int{100, 500, 1000, 4000} {
		made = append(
			made,
			seeds(
				join(samples, recipe{"data.points": fmt.Sprint(n)}),
				values{series.UpperProduct: always(pow(n, upper)),
					series.LowerBound: always(
						pow(n, lower),
					), series.JacobianMean: always(pow(n, mean)), series.GradNorm: always(gradient)},
			)...)
	}

	return made
}

// raced returns runs of SGD and Adam whose bounds and path lengths rise to the given values.
func raced(last int, sgd, adam float64) []Run {
	rising := func(to float64) values {
		curve := map[int]float64{}
		for i := 0; i <= 10; i++ {
			curve[i*last/10] = 0.1 + to*float64(i)/10
		}
		return values{series.LowerBound: curve, series.UpperProduct: curve, series.PathLength: curve}
	}
	return swept(width256, "train.optimizer.name", map[string]values{"sgd": rising(sgd), "adam": rising(adam)})
}

func lost(last int, logits, softmax, mse float64) []Run {
	made := seeds(
		width256,
		values{series.LowerBound: {0: 1, last: logits}, series.LowerBound + " of=softmax": {0: 1, last: softmax}},
	)
	return append(
		made,
		seeds(join(squareLoss, recipe{"model.hidden": "[256]"}), values{series.LowerBound: {0: 1, last: mse}})...)
}

// besideData returns runs of two widths with lower bounds of 2, and with bounds on noisy points and
// on combinations.
func besideData(noise string, noisy, enlarged float64) []Run {
	v := values{series.LowerBound: always(2), series.EnlargedLowerBound: always(enlarged)}
	v[series.NoisyLowerBound+" noise="+noise] = map[int]float64{0: noisy, 100: noisy * 1.001}
	return swept(crossEntropy, "model.hidden", map[string]values{"[16]": v, "[64]": v})
}

func attacked(lower, alt, loss float64) values {
	return values{
		series.LowerBound:               always(2),
		series.AdversarialLowerBound:    always(lower),
		series.AdversarialAltLowerBound: always(alt),
		series.TrainLoss:                always(0.1),
		series.AdversarialLoss:          always(loss),
	}
}

// mapped returns runs with a peak over the noise, and a peak at a width that grows with the noise.
func mapped(alpha, width int) float64 {
	offWidth, offAlpha := float64(width-1-alpha/2), float64(alpha-2)
	return math.Exp(3 - offWidth*offWidth/4 - offAlpha*offAlpha/4)
}

// noisy returns the lower bound over five shares of noise and five widths.
func noisy(of func(alpha, width int) float64) []Run {
	var made []Run
	for a, alpha := range []string{"0", "0.2", "0.4", "0.6", "0.8"} {
		for w, hidden := range []string{"[4]", "[8]", "[16]", "[32]", "[64]"} {
			made = append(
				made,
				seeds(
					join(crossEntropy, recipe{"data.label_noise": alpha, "model.hidden": hidden}),
					values{series.LowerBound: always(of(a, w))},
				)...)
		}
	}
	return made
}

// mapOfNoise returns a map of noise, and another one near the threshold.
func mapOfNoise(all, near func(alpha, width int) float64) Evidence {
	return Evidence{"label-noise": {Runs: noisy(all)}, "label-noise-threshold": {Runs: noisy(near)}}
}

var mixed = join(initial, recipe{"model.hidden": "[256]", "track.linearisation.points": "470"})

// moved returns runs with a path of the parameters. The bounds on the evolution begin at about
// twice its length.
func moved(length float64) values {
	v := values{
		series.DataDiameter:      {0: 1},
		series.ParameterJacobian: {},
		series.UpdatePath:        {},
		series.UpdateGradient:    {},
		series.LearningRate:      {},
		series.LowerBound:        {},
		series.UpperProduct:      {},
	}

	for epoch := range 6 {
		e := float64(epoch)
		for metric, value := range map[string]float64{series.ParameterJacobian: 1 + e, series.UpdatePath: length * e, series.UpdateGradient: length / 8, series.LearningRate: 1,
			series.LowerBound: 1 + e/2, series.UpperProduct: 50 + e} {
			v[metric][epoch] = value
		}
	}

	return v
}

// held returns bounds and test losses over three widths, without a constraint and with two.
func held(base recipe, free, constrained []float64) []Run {
	var made []Run
	for level, shape := range map[string][]float64{"0": free, "10": constrained, "1": constrained} {
		for i, hidden := range []string{"[4]", "[16]", "[64]"} {
			for s := range uint64(4) {
				v := shape[i] * (1 + 0.01*float64(s)*float64(i))
				made = append(
					made,
					madeRun(join(base, recipe{"train.constraint": level, "model.hidden": hidden}), paperSeed+s,
						values{series.LowerBound: always(v), series.TestLoss: always(2 * v)}),
				)
			}
		}
	}

	return made
}

// penalised returns runs with λ of 0 and of 1. With λ they have the given lower and upper bound and
// test loss; without, 3, 10 and 3.
func penalised(lower, upper, loss float64) map[string]values {
	return map[string]values{
		"0": {series.LowerBound: always(3), series.UpperProduct: always(10), series.TestLoss: always(3)},
		"1": {series.LowerBound: always(lower), series.UpperProduct: always(upper), series.TestLoss: always(loss)},
	}
}

// requested returns runs whose lower bounds go from 3 to last as weight decay and dropout rise, and
// the ratios of misclassified to correct points.
func requested(last, mean, most float64) Evidence {
	falling := func(key string) []Run {
		of := map[string]values{}
		for value, v := range map[string]float64{"0": 3, "0.1": (3 + last) / 2, "0.2": last} {
			of[value] = values{series.LowerBound: always(v)}
		}
		return swept(crossEntropy, key, of)
	}

	var split []Run
	for s := range uint64(4) {
		split = append(split, madeRun(crossEntropy, paperSeed+s, values{
			series.JacobianMean + " on=correct": always(
				1,
			), series.JacobianMean + " on=misclassified": always(mean * (1 + 0.01*float64(s))),
			series.LowerBound + " on=correct": always(2), series.LowerBound + " on=misclassified": always(2 * most)}))
	}

	return Evidence{
		"weight-decay":  {Runs: falling("train.optimizer.weight_decay")},
		"dropout":       {Runs: falling("model.dropout")},
		"misclassified": {Runs: split},
	}
}

func without(e Evidence, name string) Evidence {
	delete(e, name)
	return e
}
