package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
)

// ofTarget separates the name of a check from the name of a single target in the keys of
// thresholds, as in "output_change_seen of power".
const ofTarget = " of "

// checkNamed splits a key of thresholds into its check and the name of its target, "" if it names
// none.
func checkNamed(name string) (c check, target string, err error) {
	base, target, _ := strings.Cut(name, ofTarget)
	i := slices.IndexFunc(checks, func(c check) bool {
		return c.name == base
	})
	if i < 0 {
		return c, "", fmt.Errorf("unknown check: must be one of %s",
			strings.Join(checkNames(), ", "))
	}

	c = checks[i]
	if target != "" && c.ofTarget == nil {
		return c, "", fmt.Errorf("%s has no limits for single targets", base)
	}

	return c, target, nil
}

// validate returns an error for limits on checks that cannot be measured, before the audit's work
// begins.
func (t Thresholds) validate(a *auditor) error {
	for _, name := range sortedNames(t) {
		limits := t[name]
		c, target, err := checkNamed(name)
		if err != nil {
			return fmt.Errorf("thresholds: %s: %w", name, err)
		}

		// A check that is switched off needs nothing.
		if isNone(limits.Attention) && isNone(limits.Fail) {
			continue
		}

		if c.needs.met != nil && !c.needs.met(a) {
			return c.impossible()
		}

		if target != "" && a.outputOf(target) < 0 {
			return fmt.Errorf(
				"thresholds: %s: unknown target: must be one of %s",
				name,
				strings.Join(a.targetNames(), ", "),
			)
		}
	}
	return nil
}

// targetNames returns the names of a regression's targets, nil for a classification.
func (a *auditor) targetNames() []string {
	if a.classifier != nil {
		return nil
	}
	return a.outputNames()
}

// outputOf returns the index of the output that predicts a target, −1 if no target has this name.
func (a *auditor) outputOf(target string) int {
	return slices.Index(a.targetNames(), target)
}

// checksOfTargets returns the checks of single targets for which the user set limits.
func (a *auditor) checksOfTargets() []check {
	var all []check
	for _, name := range sortedNames(a.Thresholds) {
		c, target, _ := checkNamed(name) // validate has checked the name
		if target != "" {
			all = append(all, c.ofOutput(name, target, a.outputOf(target)))
		}
	}
	return all
}

// ofOutput returns the check for a single output, in its target's unit.
func (c check) ofOutput(name, target string, output int) check {
	single := c
	single.name = name
	single.value = func(r *report.Report) *series.Float {
		return c.value(aloneIn(r, output))
	}
	single.measured = func(r *report.Report, _ float64) string {
		return c.ofTarget(aloneIn(r, output), target)
	}

	return single
}

// aloneIn returns the report of a regression reduced to one output.
func aloneIn(r *report.Report, output int) *report.Report {
	alone := *r
	if output < len(r.Data.Targets) {
		target := r.Data.Targets[output]
		alone.Data.Targets, alone.Data.R2 = []report.Target{target}, target.R2
	}

	// With a single output, the change of all outputs is the change of this output.
	if r.Change != nil && output < len(r.Change.Outputs) {
		o := r.Change.Outputs[output]
		alone.Change = &report.Change{
			Seen:     o.Seen,
			Row:      r.Change.Row,
			Possible: o.Possible,
			Anywhere: o.Anywhere,
			Spread:   o.Spread,
		}
	}

	return &alone
}

// changeOfTarget describes how errors within the tolerance change the prediction of a target.
func changeOfTarget(r *report.Report, target string) string {
	return fmt.Sprintf(
		"Errors within the tolerance were found that change %s by %s, and none changes it at the samples by more "+
			"than %s; between samples it differs by %s.",
		target,
		short(r.Change.Seen),
		short(r.Change.Possible),
		short(r.Change.Spread),
	)
}

// largestError returns the largest mean square error, nil without targets.
func largestError(r *report.Report) *series.Float {
	if r.Data.Targets == nil {
		return nil
	}
	var largest series.Float
	for _, t := range r.Data.Targets {
		largest = max(largest, t.MSE)
	}
	return &largest
}

// errorWords describes the target with the largest mean square error.
func errorWords(r *report.Report, largest float64) string {
	for _, t := range r.Data.Targets {
		if float64(t.MSE) == largest {
			return fmt.Sprintf("The mean square error of %s is %s, in the square of its "+
				"unit.", t.Name, short(largest))
		}
	}
	return "The mean square error of the predictions is not a number."
}

// sortedNames returns the keys of t in ascending order.
func sortedNames(t Thresholds) []string {
	return slices.Sorted(maps.Keys(t))
}
