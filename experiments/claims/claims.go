// Package claims judges what a paper claims by what runs measured. The claims are those of
// Khromov and Singh (ICLR 2024) on multilayer perceptrons, a table of thirty; each is judged by a
// rule that stands beside it in words and was fixed before any run, never by eye. It sees series
// and nothing of how they came about.
package claims

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Claim is a statement of the paper and the rule it is judged by.
type Claim struct {
	Number    int
	Statement string
	// Setting is what the paper ran.
	Setting string
	// Paper is the paper's value, as it gives it.
	Paper string
	// Rule says when the claim agrees, when it disagrees, and when neither is decided.
	Rule string
	// Experiments are the configurations, by name, whose runs the rule reads.
	Experiments []string
	// Everywhere says that it reads all other runs that are there, too.
	Everywhere bool

	// recipe is the paper's setting in keys of the configuration, without what is swept.
	recipe recipe
	// judge returns a finding for each part of the rule.
	judge func(Evidence) []finding
}

// Verdict is what the evidence says of a claim.
type Verdict string

const (
	Agrees    Verdict = "agrees"
	Disagrees Verdict = "disagrees"
	Undecided Verdict = "undecided"
)

// Judgement is a verdict and what it rests on.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	// Ours are the values measured, as mean ± standard deviation over seeds where there are several.
	Ours string `json:"ours"`
	Why  string `json:"why"`
	// Deviations are the keys in which the runs are not of the paper's setting.
	Deviations []string `json:"deviations"`
	// Runs and Seeds count the runs that were judged.
	Runs  int `json:"runs"`
	Seeds int `json:"seeds"`
}

// Judge applies the rule. Every experiment of the claim must have runs that came to a sound end;
// those that did not are named in Why.
func (c Claim) Judge(e Evidence) Judgement {
	var all []finding
	j := Judgement{}
	seeds := map[uint64]bool{}
	for _, name := range c.reads(e) {
		rs := e.runs(name)
		if len(rs) == 0 && slices.Contains(c.Experiments, name) {
			all = append(all, finding{Undecided, "", "not run: " + name})
		}
		for _, r := range rs {
			seeds[r.Header.Seed] = true
		}
		j.Runs += len(rs)
		j.Deviations = append(j.Deviations, c.recipe.deviations(rs)...)
	}
	slices.Sort(j.Deviations)
	j.Deviations = slices.Compact(j.Deviations)
	j.Seeds = len(seeds)
	if j.Runs > 0 {
		all = append(all, c.judge(e)...)
	}
	j.Verdict, j.Ours, j.Why = combine(all)
	for _, name := range c.reads(e) {
		if left := e.unsound(name); left != "" {
			j.Why += "; left out: " + left
		}
	}
	return j
}

// reads lists the experiments that the claim reads, those that it needs first.
func (c Claim) reads(e Evidence) []string {
	names := slices.Clone(c.Experiments)
	if c.Everywhere {
		for _, name := range slices.Sorted(maps.Keys(e)) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// A finding is what one part of a rule came to.
type finding struct {
	verdict   Verdict
	ours, why string
}

// combine is disagreement where any part disagrees, agreement where all parts agree, of which there
// must be one. Why speaks of the parts that decided it.
func combine(parts []finding) (v Verdict, ours, why string) {
	v = Agrees
	has := func(want Verdict) bool {
		return slices.ContainsFunc(parts, func(f finding) bool { return f.verdict == want })
	}
	switch {
	case has(Disagrees):
		v = Disagrees
	case len(parts) == 0:
		return Undecided, "", "nothing was measured that the rule needs"
	case has(Undecided):
		v = Undecided
	}
	var values, reasons []string
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

// holds is agreement where the condition is true, else disagreement.
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
