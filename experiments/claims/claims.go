// Package claims judges the claims of a paper by the measurements of runs. The thirty claims come
// from Khromov and Singh (ICLR 2024) on multilayer perceptrons. Each is judged by a rule, never by
// eye: the rules are written down in claims.yaml and were fixed before any run. The package sees
// only series, not how they were made.
package claims

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Claim is a statement of the paper and the rule for judging it.
type Claim struct {
	Number int `yaml:"number" json:"claim"`
	// Group is the section of the paper that makes the claim.
	Group     string `yaml:"group"     json:"group"`
	Statement string `yaml:"statement" json:"statement"`
	// Setting is the setting of the paper's runs.
	Setting string `yaml:"setting" json:"setting"`
	// Paper is the paper's value, as printed there.
	Paper string `yaml:"paper" json:"paper"`
	// Rule describes when the claim agrees, when it disagrees, and when it stays undecided.
	Rule string `yaml:"rule" json:"rule"`
	// Experiments are the names of the configurations whose runs the rule reads.
	Experiments []string `yaml:"experiments" json:"experiments"`
	// Everywhere means that the rule also reads all other existing runs.
	Everywhere bool `yaml:"everywhere" json:"-"`
	// Figure describes the figure that shows the claim.
	Figure Figure `yaml:"figure" json:"figure"`

	judge judge
}

// Figure describes how to draw a claim: a metric over epochs or, at the last epochs, over a key.
type Figure struct {
	Metric string `yaml:"metric" json:"metric"`
	Over   string `yaml:"over"   json:"over"`
}

// judge is the rule in code.
type judge struct {
	// recipe is the paper's setting as keys of the configuration, without swept keys.
	recipe recipe
	// findings returns a finding for each part of the rule.
	findings func(Evidence) []finding
}

// Verdict is the result of judging a claim by the evidence.
type Verdict string

const (
	Agrees    Verdict = "agrees"
	Disagrees Verdict = "disagrees"
	// Undecided means that the runs exist but do not decide the claim.
	Undecided Verdict = "undecided"
	// NotRun means that runs that the rule needs are missing, too short, or not in the setting in
	// which the rule decides.
	NotRun Verdict = "not run"
)

// Verdicts lists all verdicts.
var Verdicts = []Verdict{Agrees, Disagrees, Undecided, NotRun}

// Judgement is a verdict and its reasons.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	// Ours are the measured values, as mean ± standard deviation if there are several seeds.
	Ours string `json:"ours"`
	Why  string `json:"why"`
	// Deviations are the keys in which the runs differ from the paper's setting.
	Deviations []string `json:"deviations"`
	// Runs and Seeds are the numbers of judged runs and of their seeds.
	Runs  int `json:"runs"`
	Seeds int `json:"seeds"`
}

// Judge applies the rule. Every experiment of the claim must have runs that ended soundly; Why
// names the runs that did not.
func (c Claim) Judge(e Evidence) Judgement {
	var parts []finding
	j := Judgement{}
	seeds := map[uint64]bool{}

	// A missing experiment is a reason of its own, in addition to the findings of the rule.
	for _, name := range c.reads(e) {
		rs := e.runs(name)
		if len(rs) == 0 && slices.Contains(c.Experiments, name) {
			parts = append(parts, notRun("", "no runs of %s", name))
		}

		for _, r := range rs {
			seeds[r.Header.Seed] = true
		}

		j.Runs += len(rs)
		j.Deviations = append(j.Deviations, c.judge.recipe.deviations(rs)...)
	}

	slices.Sort(j.Deviations)
	j.Deviations = slices.Compact(j.Deviations)
	j.Seeds = len(seeds)
	// Without any runs, each part of the rule would add that it was not run.
	if j.Runs > 0 {
		parts = append(parts, c.judge.findings(e)...)
	}

	j.Verdict, j.Ours, j.Why = combine(parts)

	// Runs that did not end soundly are not evidence, but readers should know about them.
	for _, name := range c.reads(e) {
		if left := e.unsound(name); left != "" {
			j.Why += "; left out: " + left
		}
	}

	return j
}

// reads lists the experiments that the claim reads, required ones first.
func (c Claim) reads(e Evidence) []string {
	names := slices.Clone(c.Experiments)
	if !c.Everywhere {
		return names
	}
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// A finding is the result of one part of a rule.
type finding struct {
	verdict   Verdict
	ours, why string
}

// strongest lists the verdicts by precedence: the first one that any part has decides the whole.
var strongest = []Verdict{Disagrees, NotRun, Undecided, Agrees}

// combine returns the strongest verdict of the parts, of which there must be at least one. Why
// gives the reasons of the parts that have this verdict.
func combine(parts []finding) (v Verdict, ours, why string) {
	if len(parts) == 0 {
		return NotRun, "", "nothing was measured that the rule needs"
	}

	// The first verdict in strongest that some part has decides the whole.
	for _, v = range strongest {
		if slices.ContainsFunc(parts, func(f finding) bool {
			return f.verdict == v
		}) {
			break
		}
	}

	var values, reasons []string

	// Several parts often have the same value.
	for _, f := range parts {
		if f.ours != "" && !slices.Contains(values, f.ours) {
			values = append(values, f.ours)
		}

		if f.verdict == v && f.why != "" {
			reasons = append(reasons, f.why)
		}
	}

	return v, strings.Join(values, "; "), strings.Join(reasons, "; ")
}

// holds returns agreement if the condition is true, else disagreement.
func holds(condition bool, ours, why string, args ...any) finding {
	f := finding{Disagrees, ours, fmt.Sprintf(why, args...)}
	if condition {
		f.verdict = Agrees
	}
	return f
}

func undecided(ours, why string, args ...any) finding {
	return finding{Undecided, ours, fmt.Sprintf(why, args...)}
}

func notRun(ours, why string, args ...any) finding {
	return finding{NotRun, ours, fmt.Sprintf(why, args...)}
}

// lacks returns a single finding that names the runs that a rule lacks.
func lacks(why string, args ...any) []finding {
	return []finding{notRun("", why, args...)}
}

// leavesOpen returns a single finding with the reason why a rule cannot decide.
func leavesOpen(why string, args ...any) []finding {
	return []finding{undecided("", why, args...)}
}

// verdictOf returns the verdict of a two-sided test: undecided if neither side holds.
func verdictOf(agrees, disagrees bool) Verdict {
	switch {
	case agrees:
		return Agrees
	case disagrees:
		return Disagrees
	}
	return Undecided
}
