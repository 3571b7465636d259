package claims

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// example holds made-up evidence that must lead to each verdict. If undecided is nil, one seed of
// the agreeing evidence is undecided.
type example struct{ agree, disagree, undecided, notRun Evidence }

// exact lists the claims about single networks or single numbers, which are never undecided.
var exact = []int{1, 2, 3, 4, 5, 10, 11, 26}

// TestEveryClaimCanComeToEveryVerdict also fails for claims without examples.
func TestEveryClaimCanComeToEveryVerdict(t *testing.T) {
	for _, c := range All {
		ex, ok := examples[c.Number]
		if !ok {
			t.Errorf("claim %d has no made-up evidence", c.Number)
			continue
		}
		if ex.undecided == nil {
			ex.undecided = oneSeed(ex.agree)
		}
		for want, e := range map[Verdict]Evidence{Agrees: ex.agree, Disagrees: ex.disagree, Undecided: ex.undecided, NotRun: ex.notRun} {
			if want == Undecided && slices.Contains(exact, c.Number) {
				continue
			}
			if len(e) == 0 {
				t.Errorf("claim %d: there is no evidence on which it %s", c.Number, want)
				continue
			}
			if j := c.Judge(e); j.Verdict != want || j.Why == "" {
				t.Errorf("claim %d %s, want %s: %s (%s)", c.Number, j.Verdict, want, j.Why, j.Ours)
			}
		}
	}
	if len(examples) != len(All) {
		t.Errorf("%d examples for %d claims", len(examples), len(All))
	}
}

// oneSeed keeps the runs of one seed.
func oneSeed(e Evidence) Evidence {
	left := Evidence{}
	for name := range e {
		left[name] = Experiment{Runs: e.runs(name).ofSeed(paperSeed), Ensembles: e[name].Ensembles}
	}
	return left
}

func TestTableIsInOrderAndComplete(t *testing.T) {
	for i, c := range All {
		if c.Number != i+1 {
			t.Errorf("claim %d is at place %d", c.Number, i+1)
		}
		for name, text := range map[string]string{"group": c.Group, "figure": c.Figure.Metric, "statement": c.Statement, "setting": c.Setting, "paper's value": c.Paper, "rule": c.Rule} {
			if text == "" {
				t.Errorf("claim %d has no %s", c.Number, name)
			}
		}
		if len(c.Experiments) == 0 {
			t.Errorf("claim %d needs no experiment", c.Number)
		}
	}
	if len(All) != 30 {
		t.Errorf("%d claims, want 30", len(All))
	}
}

// TestNothingMeasuredDecidesNothing judges missing evidence, runs without values, and runs that did
// not end soundly.
func TestNothingMeasuredDecidesNothing(t *testing.T) {
	for _, c := range All {
		empty, unsound := Evidence{}, Evidence{}
		for _, name := range c.Experiments {
			config := join(c.judge.recipe, recipe{"model.hidden": "[256]"})
			empty[name] = Experiment{Runs: []Run{madeRun(config, paperSeed, nil), madeRun(config, paperSeed+1, nil)}}
			broken := Experiment{}
			for _, r := range examples[c.Number].agree[name].Runs {
				r.State = "diverged"
				broken.Runs = append(broken.Runs, r)
			}
			unsound[name] = broken
		}

		for what, e := range map[string]Evidence{"none": {}, "runs without values": empty, "diverged runs": unsound} {
			j := c.Judge(e)
			if j.Verdict != NotRun && (j.Verdict != Undecided || what != "runs without values") || j.Why == "" {
				t.Errorf("claim %d with %s %s: %s", c.Number, what, j.Verdict, j.Why)
			}
			if what == "diverged runs" && !strings.Contains(j.Why, "diverged") {
				t.Errorf("claim %d does not say that runs diverged: %s", c.Number, j.Why)
			}
		}
	}
}

// TestNaNNeverAgrees spoils one metric after another in agreeing evidence.
func TestNaNNeverAgrees(t *testing.T) {
	for _, c := range All {
		for name, x := range examples[c.Number].agree {
			for _, metric := range metricsOf(x) {
				spoilt := Evidence{name: {Runs: spoil(x.Runs, metric), Ensembles: x.Ensembles}}
				for other, y := range examples[c.Number].agree {
					if other != name {
						spoilt[other] = y
					}
				}
				if before, after := c.Judge(examples[c.Number].agree), c.Judge(spoilt); after.Verdict == Agrees &&
					after.Ours != before.Ours {
					t.Errorf("claim %d agrees though %s of %s is NaN: %s", c.Number, metric, name, after.Ours)
				}
			}
		}
	}
}

func metricsOf(x Experiment) []string {
	if len(x.Runs) == 0 {
		return nil
	}
	return x.Runs[0].Metrics()
}

// spoil makes a metric NaN at all epochs of all runs.
func spoil(all []Run, metric string) []Run {
	var spoilt []Run
	for _, r := range all {
		t := series.NewTable(r.Header)
		for _, m := range r.Metrics() {
			for _, label := range r.Labels(m) {
				c := r.Curve(m, label)
				for i, v := range c.Values {
					if m == metric {
						v = math.NaN()
					}
					t.Add(
						series.Point{
							Epoch:  c.Epochs[i],
							Step:   c.Steps[i],
							Sample: series.Sample{Metric: m, Label: label, Value: series.Float(v), Kind: c.Kind},
						},
					)
				}
			}
		}

		spoilt = append(spoilt, Run{t, r.State})
	}

	return spoilt
}

func TestRangesOfNumbers(t *testing.T) {
	for want, numbers := range map[string][]int{
		"":                {},
		"3":               {3},
		"3 and 4":         {3, 4},
		"1–3":             {1, 2, 3},
		"1, 2, 4–7 and 9": {1, 2, 4, 5, 6, 7, 9},
	} {
		if got := ranges(numbers); got != want {
			t.Errorf("%v is %q, want %q", numbers, got, want)
		}
	}
}
