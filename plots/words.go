package plots

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/liptrack/liptrack/tracker/series"
)

// A wording is how pages speak of a metric.
type wording struct {
	name string // in legends, tables and titles
	axis string // on an axis: symbol and unit where there is one
}

const (
	boundAxis    = "bound on the Lipschitz constant"
	jacobianAxis = "‖J(x)‖"
)

var wordings = map[string]wording{
	series.TrainLoss:                {"train loss", "loss"},
	series.TestLoss:                 {"test loss", "loss"},
	series.TrainAccuracy:            {"train accuracy", "accuracy (fraction)"},
	series.TestAccuracy:             {"test accuracy", "accuracy (fraction)"},
	series.GradNorm:                 {"gradient norm", "‖∇L(θ)‖₂"},
	series.ParamNorm:                {"norm ‖θ‖", "2-norm in parameter space"},
	series.ParamDistance:            {"distance ‖θ − θ₀‖", "2-norm in parameter space"},
	series.PathLength:               {"path length", "2-norm in parameter space"},
	series.LearningRate:             {"learning rate", "learning rate"},
	series.UpdatePath:               {"path length, by updates", "2-norm in parameter space"},
	series.UpdateGradient:           {"largest gradient of an update", "2-norm in parameter space"},
	series.SpectralNorm:             {"spectral norm", "σ₁(W)"},
	series.FrobeniusNorm:            {"Frobenius norm", "Frobenius norm ‖W‖"},
	series.StableRank:               {"stable rank", "stable rank"},
	series.BiasNorm:                 {"bias norm", "‖b‖₂"},
	series.DeadUnits:                {"dead units", "units"},
	series.DeadOutputs:              {"dead outputs", "outputs"},
	series.LowerBound:               {"lower bound", boundAxis},
	series.JacobianMean:             {"mean ‖J‖", jacobianAxis},
	series.JacobianRMS:              {"rms ‖J‖", jacobianAxis},
	series.JacobianQuantile:         {"quantile", jacobianAxis},
	series.AltLowerBound:            {"difference quotient", boundAxis},
	series.EnlargedLowerBound:       {"enlarged set", boundAxis},
	series.NoisyLowerBound:          {"noisy points", boundAxis},
	series.AdversarialLowerBound:    {"adversarial points", boundAxis},
	series.AdversarialAltLowerBound: {"adversarial quotient", boundAxis},
	series.AdversarialLoss:          {"adversarial loss", "loss"},
	series.MixedDerivativeMax:       {"mixed derivative, maximum", "‖∂²f/∂x∂θ‖₂"},
	series.MixedDerivativeMean:      {"mixed derivative, mean", "‖∂²f/∂x∂θ‖₂"},
	series.MixedDerivativeStd:       {"mixed derivative, standard deviation", "‖∂²f/∂x∂θ‖₂"},
	series.ParameterJacobian:        {"parameter Jacobian", "‖∇θ f(x)‖₂"},
	series.DataDiameter:             {"diameter of the data", "‖x − y‖₂"},
	series.SingularDrift:            {"drift of σ₁", "−uᵀ∇L v"},
	series.SingularNoise:            {"noise of σ₁", "deviation of uᵀg v"},
	series.GridLowerBound:           {"grid", boundAxis},
	series.GridBoundaryDistance:     {"distance to another class", "distance"},
	series.GridNorm:                 {"‖J‖ on the grid", jacobianAxis},
	series.GridClass:                {"class on the grid", "class"},
	series.SearchLowerBound:         {"search", boundAxis},
	series.ExactLipschitz:           {"exact constant", boundAxis},
	series.UpperProduct:             {"product of norms", boundAxis},
	series.UpperBalanced:            {"balanced product", boundAxis},
	series.UpperEntrywise:           {"entrywise product", boundAxis},
	series.UpperLipLT:               {"LipLT", boundAxis},
	series.UpperEclipseFast:         {"ECLipsE-Fast", boundAxis},
	series.UpperEclipseScaled:       {"ECLipsE, scaled", boundAxis},
	series.UpperEclipseDiagonal:     {"ECLipsE, diagonal", boundAxis},
	series.UpperLipSDP:              {"LipSDP-Neuron", boundAxis},
	series.UpperLipSDPOptimal:       {"LipSDP-Neuron, optimal", boundAxis},
	series.UpperLipSDPGap:           {"LipSDP-Neuron, distance from its optimum", "relative distance"},
	series.UpperBest:                {"best of all", boundAxis},
	series.UpperSandwich:            {"branch and bound, certified", boundAxis},
	series.LowerSandwich:            {"branch and bound, reached", boundAxis},
	series.LocalUpper:               {"local, certified", boundAxis},
	series.LocalLower:               {"local, sampled", boundAxis},
	series.PaperLower:               {"paper's lower", boundAxis},
	series.PaperMean:                {"paper's mean", jacobianAxis},
	series.PaperRMS:                 {"paper's rms", jacobianAxis},
	series.PaperUpper:               {"paper's upper", boundAxis},
}

// words returns how to speak of a metric; one without an entry is called by its own name.
func words(metric string) wording {
	if w, ok := wordings[metric]; ok {
		return w
	}
	name := strings.ReplaceAll(metric, "_", " ")
	return wording{name, name}
}

// curveName names a curve by its label, "layer 2", or by its metric where it has none.
func curveName(c *series.Curve) string {
	if c.Label == "" {
		return words(c.Metric).name
	}
	return labelWords(c.Label)
}

// labelWords writes a label to be read, "layer 2", "of the softmax, norm inf".
func labelWords(label string) string {
	return strings.NewReplacer(
		"layer=",
		"layer ",
		"upto=",
		"up to layer ",
		"of=",
		"of the ",
		"on=correct",
		"correct points",
		"on=misclassified",
		"misclassified points",
		"norm=",
		"norm ",
		",",
		", ",
	).Replace(
		label,
	)
}

// capitalised returns a name as a title.
func capitalised(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// nameOf names a run by its experiment and its own name.
func nameOf(t *series.Table) string {
	if t.Header.Experiment == "" {
		return t.Header.Run
	}
	return t.Header.Experiment + " / " + t.Header.Run
}
