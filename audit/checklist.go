package audit

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
)

// Requirements of checks. Limits on a check whose requirement is not met are refused before the
// audit's work begins.
var (
	aTolerance = need{"a tolerance", func(a *auditor) bool {
		return a.Tolerance != nil
	}}
	someLabels = need{
		"a classification and labels",
		func(a *auditor) bool {
			return a.classifier != nil && a.labels != nil
		},
	}
	someTargets = need{
		"a regression and its targets",
		func(a *auditor) bool {
			return a.classifier == nil && a.data.Y != nil
		},
	}
	aClassification = need{
		"a classification and a tolerance",
		func(a *auditor) bool {
			return a.classifier != nil && a.Tolerance != nil
		},
	}
	aRegression = need{
		"a regression and a tolerance",
		func(a *auditor) bool {
			return a.classifier == nil && a.Tolerance != nil
		},
	}
	fourFeatures = need{"four features or more", func(a *auditor) bool {
		return a.net.In() >= 4
	}}
)

// Actions that several checks share.
const (
	reduceChange = "Measure the features at the top of the list more precisely, or retrain with noise of " +
		"this size or weight decay."
	proveLessChange = "If the change that was seen is much smaller, try --thorough first."
	smallerNorms    = "Retrain with smaller spectral norms."
)

// lookAtInputs returns the action for a model that performs badly; ordered names the items of the
// data whose order may be wrong.
func lookAtInputs(ordered string) string {
	return "Check the units of the data (--scale), the order of " + ordered +
		", --activation and --transposed; otherwise retrain."
}

// checks is the table of checks, in the order of the report.
var checks = []check{
	{
		name:   "accuracy",
		about:  "share of the samples whose label the model predicts",
		limits: Limits{0.5, none},
		needs:  someLabels,
		value: func(r *report.Report) *series.Float {
			return r.Data.Accuracy
		},
		measured: says("The model predicts the label of %s of the samples.", percent),
		good:     "The model and the data match.",
		bad: "The model gets these data wrong more often than it should: the other results may be about " +
			"inputs that it was not made for.",
		action: lookAtInputs("the columns"),
	},
	{
		name:   "better_than_guessing",
		about:  "accuracy on a scale from 0 (always guessing the most common label) to 1 (all right)",
		limits: Limits{0.1, 0.001},
		needs:  need{"a classification and labels of two classes or more", someLabels.met},
		value: func(r *report.Report) *series.Float {
			accuracy, guessing := r.Data.Accuracy, r.Data.Guessing
			if accuracy == nil || *guessing == 1 {
				return nil
			}
			return optionalFloat(max(*accuracy-*guessing, 0) / (1 - *guessing))
		},
		measured: func(r *report.Report, _ float64) string {
			return fmt.Sprintf(
				"The model predicts the label of %s of the samples; always guessing the most common "+
					"label is right for %s.",
				percent(*r.Data.Accuracy),
				percent(*r.Data.Guessing),
			)
		},
		good:   "The model distinguishes the classes.",
		bad:    "On these data the model is hardly better than guessing, so no other result speaks for it.",
		action: lookAtInputs("columns and classes"),
	},
	{
		name:   "better_than_the_mean",
		about:  "R² of a regression's predictions: 0 for always predicting the mean, 1 for no error",
		limits: Limits{0.1, 0.001},
		needs:  need{"a regression and its targets, not all equal", someTargets.met},
		value: func(r *report.Report) *series.Float {
			if r.Data.R2 == nil {
				return nil
			}
			return optionalFloat(max(*r.Data.R2, 0))
		},
		measured: func(r *report.Report, _ float64) string {
			least := short(*r.Data.R2)
			if r.Model.Outputs > 1 {
				return fmt.Sprintf("R² of the predictions is %s for the worst of %d targets.",
					least, r.Model.Outputs)
			}
			return fmt.Sprintf(
				"R² of the predictions is %s, their mean square error %s.",
				least,
				short(r.Data.Targets[0].MSE),
			)
		},
		ofTarget: func(r *report.Report, target string) string {
			return fmt.Sprintf("R² of the predictions of %s is %s.",
				target, short(*r.Data.R2))
		},
		good:   "The model predicts its targets.",
		bad:    "On these data the model is hardly better than their mean, so no other result speaks for it.",
		action: lookAtInputs("columns and targets"),
	},
	{
		name:     "mean_square_error",
		about:    "largest mean square error of a regression's targets, in the square of its unit",
		atMost:   true,
		limits:   Limits{none, none},
		needs:    someTargets,
		value:    largestError,
		measured: errorWords,
		ofTarget: func(r *report.Report, _ string) string {
			return errorWords(r, float64(r.Data.Targets[0].MSE))
		},
		good:   "The model predicts as well as you ask for.",
		bad:    "The model predicts worse than you ask for.",
		action: lookAtInputs("columns and targets"),
	},
	{
		name:   "flips_found",
		about:  "share of the samples with an error within the tolerance that changes the decision",
		atMost: true,
		limits: Limits{0.01, 0.05},
		needs:  aClassification,
		value: decided(func(s *report.Shares) *series.Float {
			return &s.Flipped
		}),
		measured: says(
			"For %s of the samples, an error within the tolerance was found that changes the decision.",
			percent,
		),
		good: "Measurement errors within the tolerance hardly change decisions.",
		bad: "These decisions depend on the measurement error: the same object, measured again, may be " +
			"classified differently.",
		action: "Measure more precisely, pass such samples on to a person, or retrain with noise of this " +
			"size, weight decay or a margin loss.",
	},
	{
		name:   "certified_decisions",
		about:  "share of the samples whose decision no error within the tolerance can change",
		limits: Limits{0.5, none},
		needs:  aClassification,
		value: decided(func(s *report.Shares) *series.Float {
			return &s.Certified
		}),
		measured: says(
			"For %s of the samples, it is proved that no error within the tolerance changes the decision.",
			percent,
		),
		good:     "Most decisions are safe for all errors within the tolerance.",
		bad:      "For many samples nothing is proved: either they can flip, or the bounds are too coarse.",
		thorough: "If few flips were found (flips_found), try --thorough first.",
		action:   "Retrain with smaller spectral norms or a larger margin.",
	},
	{
		name:     "output_change_seen",
		about:    "largest change of the outputs found within the tolerance, in their units",
		atMost:   true,
		limits:   Limits{none, none},
		needs:    aTolerance,
		ofTarget: changeOfTarget,
		value:    changed(changeSeen),
		measured: seenWords,
		good:     "Errors within the tolerance were not found to change the outputs by more than you allow.",
		bad:      "An error within the tolerance changes the outputs by more than you allow.",
		action:   reduceChange,
	},
	{
		name:     "output_change_possible",
		about:    "certified bound on the change at the samples, in the outputs' units",
		atMost:   true,
		limits:   Limits{none, none},
		needs:    aTolerance,
		ofTarget: changeOfTarget,
		value:    changed(changePossible),
		measured: possibleWords,
		good: "It is proved that errors within the tolerance change the outputs at the samples by no " +
			"more than you allow.",
		bad:      "It is not proved that the outputs change by no more than you allow.",
		thorough: proveLessChange,
		action:   smallerNorms,
	},
	{
		name:     "relative_change_seen",
		about:    "the change that was seen, divided by the spread of the outputs (regression)",
		atMost:   true,
		limits:   Limits{0.1, 0.5},
		needs:    aRegression,
		ofTarget: changeOfTarget,
		value:    relative(changeSeen),
		measured: seenWords,
		good: "Errors within the tolerance change the outputs little, compared with how they differ " +
			"between samples.",
		bad:    "Errors within the tolerance blur the differences between samples that the model should detect.",
		action: reduceChange,
	},
	{
		name:     "relative_change_possible",
		about:    "the change that is possible, divided by the spread of the outputs (regression)",
		atMost:   true,
		limits:   Limits{0.5, none},
		needs:    aRegression,
		ofTarget: changeOfTarget,
		value:    relative(changePossible),
		measured: possibleWords,
		good:     "It is proved that errors within the tolerance cannot blur the outputs.",
		bad:      "It is not proved that errors within the tolerance leave the outputs accurate.",
		thorough: proveLessChange,
		action:   smallerNorms,
	},
	{
		name:   "lipschitz_bound",
		about:  "best certified bound on the Lipschitz constant",
		atMost: true,
		limits: Limits{none, none},
		value: func(r *report.Report) *series.Float {
			return &r.Lipschitz.Upper
		},
		measured: says(
			"No change of the inputs is amplified by more than %s (2-norm, the model's units).",
			short,
		),
		good: "The model is as smooth as you ask for.",
		bad:  "It is not proved that the model is as smooth as you ask for.",
		action: "Look at the layers with the largest share; retrain with a penalty on, or a cap of, their " +
			"spectral norms.",
	},
	{
		name:   "bound_gap",
		about:  "best certified bound divided by the largest Jacobian norm found",
		atMost: true,
		limits: Limits{10, none},
		value: func(r *report.Report) *series.Float {
			return &r.Lipschitz.Gap
		},
		measured: func(r *report.Report, v float64) string {
			switch {
			case r.Lipschitz.LowerReason != "":
				return fmt.Sprintf(
					"There is nothing to compare the proved bound with: %s.",
					r.Lipschitz.LowerReason,
				)
			case math.IsInf(float64(r.Lipschitz.Upper), 1):
				return "No bound within the range of float64 is proved."
			case math.IsInf(v, 1):
				return "There is nothing to compare the proved bound with: the outputs were not found to change."
			case v == 1:
				return "The proved bound equals what was found."
			}
			return fmt.Sprintf("The proved bound is %s times what was found.",
				short(v))
		},
		good:     "What is proved is close to what happens.",
		bad:      "The gap between what was found and what is proved is wide: certificates will be pessimistic.",
		thorough: "Try --thorough.",
		action:   "Networks with fewer layers and smaller spectral norms have tighter bounds.",
	},
	{
		name:   "layer_norm",
		about:  "largest spectral norm of a layer",
		atMost: true,
		limits: Limits{10, none},
		value: func(r *report.Report) *series.Float {
			return optionalFloat(steepestLayer(r).Norm)
		},
		measured: layerWords,
		good:     "No single layer amplifies much.",
		bad:      "One layer amplifies very much by itself.",
		action: "If it is the first, check that the inputs are scaled to order 1; otherwise retrain with " +
			"weight decay or spectral normalisation.",
	},
	{
		name:   "dead_units",
		about:  "largest share of a hidden layer's units that no sample switches on",
		atMost: true,
		limits: Limits{0.5, none},
		needs:  need{words: "an activation that can be flat"},
		value: func(r *report.Report) *series.Float {
			return idlestLayer(r).Dead
		},
		measured: deadWords,
		good:     "The samples use the network.",
		bad: "Much of the network is idle on these samples: they may be unlike those it was trained " +
			"on, or it is larger than necessary.",
		action: "Check the units of the data (--scale); if they are right, a smaller network would do.",
	},
	{
		name:   "sensitive_samples",
		about:  "largest Jacobian norm of a sample divided by the median",
		atMost: true,
		limits: Limits{10, none},
		value: func(r *report.Report) *series.Float {
			return optionalFloat(ratio(r.Sensitivity.Largest, r.Sensitivity.Median))
		},
		measured: sensitiveWords,
		good:     "All samples are about equally sensitive.",
		bad:      "A few samples are far more sensitive than the others.",
		action:   "Look at these samples: outliers, wrong labels, or a region with too few training data.",
	},
	{
		name:   "one_feature",
		about:  "share of the sensitivity that is due to one feature (of four or more)",
		atMost: true,
		limits: Limits{0.5, none},
		needs:  fourFeatures,
		value: func(r *report.Report) *series.Float {
			if len(r.Sensitivity.Features) < 4 {
				return nil
			}
			return &r.Sensitivity.Features[0].Share
		},
		measured: func(r *report.Report, v float64) string {
			return fmt.Sprintf(
				"Feature %s has %s of the squared sensitivity.",
				r.Sensitivity.Features[0].Feature,
				percent(v),
			)
		},
		good: "The outputs depend on several features.",
		bad:  "The outputs depend on one feature: an error of that sensor is an error of the result.",
		action: "Make sure that this feature is measured well and does not leak the target; otherwise remove it " +
			"and retrain.",
	},
}
