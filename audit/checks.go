package audit

import (
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/tracker/series"
)

// check compares one number of a report with its limits.
type check struct {
	name   string
	about  string // one line for lists of checks
	atMost bool   // small values are good
	limits Limits // the defaults
	// needs is what must be given so that the check can be measured.
	needs need
	// ofTarget returns the sentence on what was measured for a single target of a regression, from
	// a report of this target only; nil if single targets cannot have limits.
	ofTarget func(r *report.Report, target string) string
	// value returns the number to check, nil if it was not measured.
	value func(r *report.Report) *series.Float
	// measured, good, bad and action are sentences: what was measured, what it means if the check
	// passes or fails, and what to do if it fails.
	measured          func(r *report.Report, v float64) string
	good, bad, action string
	// thorough is put before the action if the user has not asked for all bounds.
	thorough string
}

// need is what must be given for a check to be measured.
type need struct {
	words string
	met   func(a *auditor) bool // nil if this is only known after the audit
}

var none = math.NaN()

// CheckInfo describes a check for lists.
type CheckInfo struct {
	Name, About string
	AtMost      bool
	Limits
}

// Checks lists all checks with their default limits.
func Checks() []CheckInfo {
	var all []CheckInfo
	for _, c := range checks {
		all = append(all, CheckInfo{c.name, c.about, c.atMost, c.limits})
	}
	return all
}

func checkNames() []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.name
	}
	return names
}

// runChecks runs the checks and orders them, worst first. A check without limits is skipped. If the
// user set limits on a check that cannot be measured, it returns an error, so that no release
// passes unchecked.
func (a *auditor) runChecks() error {
	// A report passes until a check says otherwise.
	r := a.report
	r.Verdict = report.Pass
	for _, c := range slices.Concat(checks, a.checksOfTargets()) {
		limits, asked := a.Thresholds[c.name]
		if !asked {
			limits = c.limits
		}

		// A number without limits is reported elsewhere and is not judged.
		if isNone(limits.Attention) && isNone(limits.Fail) {
			continue
		}

		v := c.value(r)
		switch {
		case v == nil && asked:
			return c.impossible()
		case v == nil:
			continue
		}

		result := c.result(r, float64(*v), limits)
		// More computing is cheaper than retraining: suggest it first if it has not been tried.
		if result.Status != report.Pass && c.thorough != "" && !a.Thorough {
			result.Action = c.thorough + " " + result.Action
		}

		r.Checks = append(r.Checks, result)
		if severity[result.Status] > severity[r.Verdict] {
			r.Verdict = result.Status
		}
	}

	// The sort is stable: checks of equal severity keep the order of the table.
	slices.SortStableFunc(
		r.Checks,
		func(a, b report.Check) int {
			return severity[b.Status] - severity[a.Status]
		},
	)

	return nil
}

// impossible returns the error for limits on a check that cannot be measured.
func (c check) impossible() error {
	return fmt.Errorf("thresholds: %s cannot be checked: it needs %s", c.name, c.needs.words)
}

func (c check) result(r *report.Report, v float64, l Limits) report.Check {
	result := report.Check{
		Name:      c.name,
		Status:    c.status(v, l),
		Value:     series.Float(v),
		AtMost:    c.atMost,
		Attention: limit(l.Attention),
		Fail:      limit(l.Fail),
		Measured:  c.measured(r, v),
		Meaning:   c.good,
		Action:    "Nothing to do.",
	}
	if result.Status != report.Pass {
		result.Meaning, result.Action = c.bad, c.action
	}
	return result
}

// status compares a value with limits. NaN is beyond every limit.
func (c check) status(v float64, l Limits) report.Status {
	// !(v <= limit), unlike v > limit, is true for NaN.
	beyond := func(limit float64) bool {
		if c.atMost {
			return !isNone(limit) && !(v <= limit)
		}

		return !isNone(limit) && !(v >= limit)
	}

	switch {
	case beyond(l.Fail):
		return report.Fail
	case beyond(l.Attention):
		return report.Attention
	}

	return report.Pass
}

var severity = map[report.Status]int{report.Pass: 0, report.Attention: 1, report.Fail: 2}

func isNone(limit float64) bool {
	return math.IsNaN(limit)
}

func limit(v float64) *series.Float {
	if isNone(v) {
		return nil
	}
	return optionalFloat(v)
}
