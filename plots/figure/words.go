package figure

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/liptrack/liptrack/tracker/series"
)

// A wording is how pages call a metric.
type wording struct {
	Name string // in legends, tables and titles
	Axis string // on an axis: symbol and unit where there is one
}

const (
	BoundAxis    = "bound on the Lipschitz constant"
	JacobianAxis = "‖J(x)‖"
)

// boundNames are the names of the bounds, which all share one axis.
var boundNames = map[string]string{
	series.LowerBound:               "lower bound",
	series.AltLowerBound:            "difference quotient",
	series.EnlargedLowerBound:       "enlarged set",
	series.NoisyLowerBound:          "noisy points",
	series.AdversarialLowerBound:    "adversarial points",
	series.AdversarialAltLowerBound: "adversarial quotient",
	series.GridLowerBound:           "grid",
	series.SearchLowerBound:         "search",
	series.ExactLipschitz:           "exact constant",
	series.UpperProduct:             "product of norms",
	series.UpperBalanced:            "balanced product",
	series.UpperEntrywise:           "entrywise product",
	series.UpperLipLT:               "LipLT",
	series.UpperEclipseFast:         "ECLipsE-Fast",
	series.UpperEclipseScaled:       "ECLipsE, scaled",
	series.UpperEclipseDiagonal:     "ECLipsE, diagonal",
	series.UpperLipSDP:              "LipSDP-Neuron",
	series.UpperLipSDPOptimal:       "LipSDP-Neuron, optimal",
	series.UpperBest:                "best of all",
	series.UpperSandwich:            "branch and bound, certified",
	series.LowerSandwich:            "branch and bound, reached",
	series.LocalUpper:               "local, certified",
	series.LocalLower:               "local, sampled",
	series.PaperLower:               "paper's lower",
	series.PaperUpper:               "paper's upper",
}

// wordings are the names and axes of the other metrics.
var wordings = map[string]wording{
	series.TrainLoss:            {"train loss", "loss"},
	series.TestLoss:             {"test loss", "loss"},
	series.TrainAccuracy:        {"train accuracy", "accuracy (fraction)"},
	series.TestAccuracy:         {"test accuracy", "accuracy (fraction)"},
	series.TrainMSE:             {"train mean square error", "mean square error"},
	series.TestMSE:              {"test mean square error", "mean square error"},
	series.TrainR2:              {"train R²", "R²"},
	series.TestR2:               {"test R²", "R²"},
	series.GradNorm:             {"gradient norm", "‖∇L(θ)‖₂"},
	series.ParamNorm:            {"norm ‖θ‖", "2-norm in parameter space"},
	series.ParamDistance:        {"distance ‖θ − θ₀‖", "2-norm in parameter space"},
	series.PathLength:           {"path length", "2-norm in parameter space"},
	series.LearningRate:         {"learning rate", "learning rate"},
	series.UpdatePath:           {"path length, by updates", "2-norm in parameter space"},
	series.UpdateGradient:       {"largest gradient of an update", "2-norm in parameter space"},
	series.SpectralNorm:         {"spectral norm", "σ₁(W)"},
	series.FrobeniusNorm:        {"Frobenius norm", "Frobenius norm ‖W‖"},
	series.StableRank:           {"stable rank", "stable rank"},
	series.BiasNorm:             {"bias norm", "‖b‖₂"},
	series.DeadUnits:            {"dead units", "units"},
	series.DeadOutputs:          {"dead outputs", "outputs"},
	series.JacobianMean:         {"mean ‖J‖", JacobianAxis},
	series.JacobianRMS:          {"rms ‖J‖", JacobianAxis},
	series.JacobianQuantile:     {"quantile", JacobianAxis},
	series.AdversarialLoss:      {"adversarial loss", "loss"},
	series.MixedDerivativeMax:   {"mixed derivative, maximum", "‖∂²f/∂x∂θ‖₂"},
	series.MixedDerivativeMean:  {"mixed derivative, mean", "‖∂²f/∂x∂θ‖₂"},
	series.MixedDerivativeStd:   {"mixed derivative, standard deviation", "‖∂²f/∂x∂θ‖₂"},
	series.ParameterJacobian:    {"parameter Jacobian", "‖∇θ f(x)‖₂"},
	series.DataDiameter:         {"diameter of the data", "‖x − y‖₂"},
	series.SingularDrift:        {"drift of σ₁", "−uᵀ∇L v"},
	series.SingularNoise:        {"noise of σ₁", "deviation of uᵀg v"},
	series.GridBoundaryDistance: {"distance to another class", "distance"},
	series.GridNorm:             {"‖J‖ on the grid", JacobianAxis},
	series.GridClass:            {"class on the grid", "class"},
	series.UpperLipSDPGap: {
		"LipSDP-Neuron, distance from its optimum",
		"relative distance",
	},
	series.PaperMean: {"paper's mean", JacobianAxis},
	series.PaperRMS:  {"paper's rms", JacobianAxis},
}

// Words returns the wording of a metric; an unlisted metric is called by its own name.
func Words(metric string) wording {
	if name, ok := boundNames[metric]; ok {
		return wording{name, BoundAxis}
	}

	if w, ok := wordings[metric]; ok {
		return w
	}

	name := strings.ReplaceAll(metric, "_", " ")
	return wording{name, name}
}

// CurveName names a curve by its label ("layer 2"), or by its metric if it has no label.
func CurveName(c *series.Curve) string {
	if c.Label == "" {
		return Words(c.Metric).Name
	}
	return LabelWords(c.Label)
}

// LabelWords spells out a label: "layer 2", "of the softmax, norm inf".
func LabelWords(label string) string {
	words := strings.NewReplacer(
		"layer=", "layer ",
		"upto=", "up to layer ",
		"of=", "of the ",
		"on=correct", "correct points",
		"on=misclassified", "misclassified points",
		"norm=", "norm ",
		",", ", ",
	)
	return words.Replace(label)
}

// Capitalised returns a name with a capital first letter.
func Capitalised(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// NameOf returns the name of a run with its experiment, if there is one.
func NameOf(t *series.Table) string {
	if t.Header.Experiment == "" {
		return t.Header.Run
	}
	return t.Header.Experiment + " / " + t.Header.Run
}

// Quantity returns the full name of a curve: "spectral norm, layer 2".
func Quantity(c *series.Curve) string {
	if c.Label == "" {
		return Words(c.Metric).Name
	}
	return Words(c.Metric).Name + ", " + CurveName(c)
}
