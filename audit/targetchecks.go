package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
)

// ofTarget parts the name of a check from that of the target whose limits are meant, as in
// "output_change_seen of power".
const ofTarget = " of "

// checkNamed returns the check that limits of a name are for, and the target that the name says, ""
// for none.
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

// validate refuses limits on what cannot be measured, before the work of an audit.
func (t Thresholds) validate(a *auditor) error {
	for _, name := range sortedNames(t) {
		limits := t[name]
		c, target, err := checkNamed(name)
		if err != nil {
			return fmt.Errorf("thresholds: %s: %w", name, err)
		}

		// Who turns a check off need not have what it measures.
		if isNone(limits.Attention) && isNone(limits.Fail) {
			continue
		}

		if c.needs.met != nil && !c.needs.met(a) {
			return c.impossible()
		}

		if target != "" && a.outputOf(target) < 0 {
			return fmt.Errorf(
				"thresholds: %s: there is no such target: must be one of %s",
				name,
				strings.Join(a.targetNames(), ", "),
			)
		}
	}
	return nil
}

// targetNames returns the names of a regression's targets; nil of classes.
func (a *auditor) targetNames() []string {
	if a.classifier != nil {
		return nil
	}
	return a.outputNames()
}

// outputOf returns the output that predicts a target, −1 if there is none of this name.
func (a *auditor) outputOf(target string) int {
	return slices.Index(a.targetNames(), target)
}

// checksOfTargets returns the checks of single targets that limits are given for.
func (a *auditor) checksOfTargets() []check {
	var all []check
	for _, name := range sortedNames(a.Thresholds) {
		c, target, _ := checkNamed(name) // of a known check, as validate has seen
		if target != "" {
			all = append(all, c.ofOutput(name, target, a.outputOf(target)))
		}
	}
	return all
}

// ofOutput returns the check of one output alone, in its target's unit.
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

// aloneIn returns what a report says of one output of a regression, as if it had no other.
func aloneIn(r *report.Report, output int) *report.Report {
	alone := *r
	if output < len(r.Data.Targets) {
		target := r.Data.Targets[output]
		alone.Data.Targets, alone.Data.R2 = []report.Target{target}, target.R2
	}

	// Of a single output the whole is its change.
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

// changeOfTarget says how errors within the tolerance change what predicts a target.
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

// errorWords say which target has the largest mean square error.
func errorWords(r *report.Report, largest float64) string {
	for _, t := range r.Data.Targets {
		if float64(t.MSE) == largest {
			return fmt.Sprintf("The mean square error of %s is %s, in the square of its "+
				"unit.", t.Name, short(largest))
		}
	}
	return "The mean square error of the predictions is no number."
}

// sortedNames returns the names of the checks with limits in their order.
func sortedNames(t Thresholds) []string {
	return slices.Sorted(maps.Keys(t))
}
