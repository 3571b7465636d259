package settings

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// options is a component with settings.
type options struct {
	rule     string
	rate     float64
	momentum float64
	layers   []int
	size     int
}

func (o *options) settings() *Set {
	var s Set
	Var(&s, &o.rule, "train.rule", OneOf("sgd", "adam"), "sgd", "rule of the updates")
	Var(&s, &o.rate, "train.rate", Positive, 0.1, "learning rate")
	Var(&s, &o.momentum, "train.momentum", Probability, 0, "momentum").OnlyWith("train.rule", "sgd")
	Var(&s, &o.layers, "model.layers", OrOne(List("list of", Integer(1)), Integer(1)), []int{64}, "widths")
	Var(&s, &o.size, "data.size", OrZero(MultipleOf(8), "all"), 0, "points")
	s.Rule(func() string {
		if o.rate*float64(len(o.layers)) > 1 {
			return "is too large for so many layers"
		}
		return ""
	}, "train.rate", "model.layers")

	return &s
}

// put reads YAML into the setting of a key and reports whether it was accepted.
func put(t *testing.T, s *Set, key, text string) bool {
	t.Helper()
	n, err := yamlnode.Document([]byte(text))
	if err != nil {
		t.Fatal(err)
	}

	value, refused := s.Lookup(key).Read(n)
	if refused == nil {
		s.Lookup(key).Put(value)
	}

	return refused == nil
}

func TestReadTakesWhatTheTypeSays(t *testing.T) {
	for _, c := range []struct {
		key, text string
		taken     bool
		want      string // the value in YAML
	}{
		{"train.rule", "adam", true, "adam"},
		{"train.rule", "adma", false, ""},
		{"train.rate", "1e-3", true, "0.001"},
		{"train.rate", "0", false, ""},
		{"train.rate", ".inf", false, ""},
		{"train.rate", "'0.1'", false, ""},
		{"train.momentum", "1", false, ""},
		{"model.layers", "[16, 8]", true, "[16, 8]"},
		{"model.layers", "16", true, "[16]"},
		{"model.layers", "[16, 0]", false, ""},
		{"model.layers", "{a: 1}", false, ""},
		{"data.size", "16", true, "16"},
		{"data.size", "all", true, "0"},
		{"data.size", "12", false, ""},
	} {
		s := new(options).settings()
		s.Reset()
		taken := put(t, s, c.key, c.text)
		if taken != c.taken {
			t.Errorf("%s: %s taken: %v, want %v", c.key, c.text, taken, c.taken)
			continue
		}

		got := Show(Encode(s.Lookup(c.key).Value()))
		if taken && got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.key, c.text, got, c.want)
		}
		if !taken && !s.Lookup(c.key).AtDefault() {
			t.Errorf("%s: %s was refused, and the value is %s", c.key, c.text, got)
		}
	}
}

func TestFillZerosPutsDefaultsWhereZeroIsNotAllowed(t *testing.T) {
	o := options{momentum: 0, layers: nil}
	o.settings().FillZeros()

	if o.rule != "sgd" || o.rate != 0.1 || o.momentum != 0 || o.size != 0 {
		t.Errorf("%+v", o)
	}
	// No widths are allowed: a linear model.
	if o.layers != nil {
		t.Errorf("layers %v, want none", o.layers)
	}
}

func TestOutOfRangeNamesKeyValueAndRange(t *testing.T) {
	o := options{rule: "sgd", rate: -1, momentum: 2}
	problems := o.settings().OutOfRange()

	want := []string{"train.rate: got -1, want number > 0", "train.momentum: got 2, want number ≥ 0 and < 1"}
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettingsWithoutEffectAreReportedAsSuch(t *testing.T) {
	o := options{rule: "adam", rate: 0.1, momentum: 2, layers: []int{64}}
	s := o.settings()

	if problems := s.OutOfRange(); len(problems) > 0 {
		t.Errorf("out of range: %v", problems)
	}
	problems := s.WithoutEffect()
	if len(problems) != 1 || problems[0].Key != "train.momentum" ||
		!strings.Contains(problems[0].Message, "no effect with train.rule adam, only with sgd") {
		t.Errorf("without effect: %v", problems)
	}
}

func TestRulesReportTheirFirstKeyUnlessOneIsSkipped(t *testing.T) {
	o := options{rule: "sgd", rate: 0.9, layers: []int{1, 2}}
	s := o.settings()

	problems := s.Contradictions(nil)
	if len(problems) != 1 || problems[0].Key != "train.rate" {
		t.Errorf("%v", problems)
	}
	skip := func(key string) bool { return key == "model.layers" }
	if problems := s.Contradictions(skip); len(problems) > 0 {
		t.Errorf("%v although a key of the rule is wrong by itself", problems)
	}
}

func TestSuggestNamesTheNearestKey(t *testing.T) {
	s := new(options).settings()
	if got := s.Suggest("train.rte"); !strings.Contains(got, "train.rate") {
		t.Errorf("%q", got)
	}
}

func TestTwoSettingsOfOneKeyPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()

	var s Set
	var a, b int
	Var(&s, &a, "key", Integer(0), 0, "")
	Var(&s, &b, "key", Integer(0), 0, "")
}

func TestWithCommasLeavesOtherKindsAsTheyAre(t *testing.T) {
	lower := Matching("lower case", regexp.MustCompile(`^[a-z,]*$`))
	if !WithCommas(lower).HoldsCommas || lower.HoldsCommas || Text.HoldsCommas {
		t.Error("the kind itself was changed")
	}
}
