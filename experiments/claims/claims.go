// Package claims judges what a paper claims by what runs measured. The claims come from Khromov and
// Singh (ICLR 2024) on multilayer perceptrons, a table of thirty; each is judged by a rule that
// stands in claims.yaml in words and was fixed before any run, never by eye. It sees series and
// nothing of how they came about.
package claims

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Claim is a statement of the paper and the rule it is judged by.
type Claim struct {
	Number int `yaml:"number" json:"claim"`
	// Group is the part of the paper that the claim belongs to.
	Group     string `yaml:"group"     json:"group"`
	Statement string `yaml:"statement" json:"statement"`
	// Setting is what the paper ran.
	Setting string `yaml:"setting" json:"setting"`
	// Paper is the paper's value, as it gives it.
	Paper string `yaml:"paper" json:"paper"`
	// Rule says when the claim agrees, when it disagrees, and when neither is decided.
	Rule string `yaml:"rule" json:"rule"`
	// Experiments are the configurations, by name, whose runs the rule reads.
	Experiments []string `yaml:"experiments" json:"experiments"`
	// Everywhere says that it reads all other runs that are there, too.
	Everywhere bool `yaml:"everywhere" json:"-"`
	// Figure is what shows it.
	Figure Figure `yaml:"figure" json:"figure"`

	judge judge
}

// Figure says how to draw a claim: a metric over epochs or, at the last epochs, over a key.
type Figure struct {
	Metric string `yaml:"metric" json:"metric"`
	Over   string `yaml:"over"   json:"over"`
}

// judge is the rule in code.
type judge struct {
	// recipe is the paper's setting in keys of the configuration, without what is swept.
	recipe recipe
	// findings returns a finding for each part of the rule.
	findings func(Evidence) []finding
}

// Verdict is what the evidence says of a claim.
type Verdict string

const (
	Agrees    Verdict = "agrees"
	Disagrees Verdict = "disagrees"
	// Undecided says that the runs were made and do not tell.
	Undecided Verdict = "undecided"
	// NotRun says that runs were not made which the rule needs: none, too short, or not in the
	// setting in which it decides.
	NotRun Verdict = "not run"
)

// Verdicts lists them all.
var Verdicts = []Verdict{Agrees, Disagrees, Undecided, NotRun}

// Judgement is a verdict and what it rests on.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	// Ours are the values measured, as mean ± standard deviation over seeds where there are
	// several.
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
	var parts []finding
	j := Judgement{}
	seeds := map[uint64]bool{}

	// An experiment without any run is a reason of its own, beside what the rules say.
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
	// Without runs each rule would add that its own part was not run.
	if j.Runs > 0 {
		parts = append(parts, c.judge.findings(e)...)
	}

	j.Verdict, j.Ours, j.Why = combine(parts)

	// Runs that came to no sound end are not evidence, and readers should know that there were
	// some.
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

// A finding is what one part of a rule came to.
type finding struct {
	verdict   Verdict
	ours, why string
}

// strongest are verdicts in the order in which one part decides the whole.
var strongest = []Verdict{Disagrees, NotRun, Undecided, Agrees}

// combine returns the strongest verdict of the parts, of which there must be one. Why speaks of the
// parts that decided it.
func combine(parts []finding) (v Verdict, ours, why string) {
	if len(parts) == 0 {
		return NotRun, "", "nothing was measured that the rule needs"
	}

	// The order of strongest is that in which one part decides the whole.
	for _, v = range strongest {
		if slices.ContainsFunc(parts, func(f finding) bool {
			return f.verdict == v
		}) {
			break
		}
	}

	var values, reasons []string

	// Several parts often say the same value.
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

// holds returns agreement where the condition is true, else disagreement.
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

// lacks says, alone, what was not run that a rule needs.
func lacks(why string, args ...any) []finding {
	return []finding{notRun("", why, args...)}
}

// leavesOpen says, alone, why a rule cannot decide.
func leavesOpen(why string, args ...any) []finding {
	return []finding{undecided("", why, args...)}
}

// decide returns the verdict of a test against either side, undecided where neither holds.
func decide(agrees, disagrees bool) Verdict {
	switch {
	case agrees:
		return Agrees
	case disagrees:
		return Disagrees
	}
	return Undecided
}
