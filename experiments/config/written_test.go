package config

import (
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
)

// A number is the same in every spelling and place: leading zeros, as written by seq -w, do not
// make it octal.
func TestZeroPaddedNumbers(t *testing.T) {
	for _, test := range []struct {
		text, env, arg string
	}{
		{text: "seed: 010"}, {env: "LIPTRACK_SEED=010"}, {arg: "seed=010"}, {arg: "seed=+010"}, {arg: "seed=0_1_0"}, {arg: "seed=0xa"},
		{text: "sweep: {parameters: {seed: {values: [010]}}}"}, {text: "sweep: {seeds: [010]}"}, {text: "sweep: {derived: {seed: 010}}"},
		{arg: "seed=range(010,011)"}, {arg: "seed=choice(010)"}, {arg: "sweep.seeds=[010]"},
		{text: "sweep: {method: random, runs: 01, parameters: {seed: {min: 010, max: 010}}}"},
	} {
		c := load(t, minimal+test.text, nonEmpties(test.env), nonEmpties(test.arg))
		if c.Train.Seed != 10 {
			t.Errorf("%+v: seed %d, want 10", test, c.Train.Seed)
		}
	}

	for _, arg := range []string{"train.clip=010", "train.clip=010.0", "train.clip=0010e0"} {
		if c := load(t, minimal, nil, []string{arg}); c.Train.ClipNorm != 10 {
			t.Errorf("%s: %g, want 10", arg, c.Train.ClipNorm)
		}
	}

	if c := load(t, minimal, nil, []string{"seed=08"}); c.Train.Seed != 8 {
		t.Errorf("seed=08: %d", c.Train.Seed)
	}
	c := load(t, minimal, nil, []string{"model.hidden=[010, 08]"})
	if !slices.Equal(c.Train.Hidden, []int{10, 8}) {
		t.Errorf("model.hidden=[010, 08]: %v", c.Train.Hidden)
	}
}

func nonEmpties(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// A shell argument for a text key is taken literally, whatever it would mean in YAML.
func TestTextFromTheShell(t *testing.T) {
	for _, text := range []string{
		"set #2", "trial: 3", "&b c", "!x y", "|", "*a", "null", "~", "{a}", "[a]", `"quoted"`, "it's", " spaced ", "010", "a\nb", "- x", "%", "@", "true", "---",
	} {
		for _, c := range []*Config{
			load(t, minimal, nil, []string{"description=" + text}),
			load(t, minimal, []string{"LIPTRACK_DESCRIPTION=" + text}, nil),
		} {
			if c.Description != text {
				t.Errorf("%q became %q", text, c.Description)
			}
		}

		c := load(t, minimal, []string{"LIPTRACK_DATA_PATH=" + text}, []string{"data.name=mnist"})
		if c.Data.Options.Path != text {
			t.Errorf("%q became %q", text, c.Data.Options.Path)
		}
	}

	var paths []string
	e, err := Load(write(t, minimal), Options{Arguments: []string{"data.name=mnist", `data.path=a #1,"b,c",null`}})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range e.Runs {
		paths = append(paths, run.Config.Data.Options.Path)
	}
	if !slices.Equal(paths, []string{"a #1", "b,c", "null"}) {
		t.Errorf("swept over %q", paths)
	}
}

// Parts of a shell argument that YAML would drop are reported, and so are duplicates.
func TestNothingFromTheShellIsLost(t *testing.T) {
	for arg, want := range map[string]string{
		"seed=5 #2":                           "got 5 #2, want integer",
		"model.activation=relu #x":            "got relu #x, want one of",
		"model.hidden=[8, 8] # x":             "a comment, an anchor or a tag would be lost",
		"model.hidden=&a [8, 8]":              "a comment, an anchor or a tag would be lost",
		"model.hidden=[8]\n---\n[9]":          "not YAML",
		"track.schedule={log: 5} # x":         "a comment, an anchor or a tag would be lost",
		"track.schedule={log: 5, log: 6}":     "duplicate key",
		"sweep.seeds=[1, 2] # x":              "a comment, an anchor or a tag would be lost",
		"model.hidden=[8],[9] # x":            "a comment, an anchor or a tag would be lost",
		"data.label=":                         "got nothing, want text that is not empty",
		"sweep.seeds=2 sweep.seeds=3":         "duplicate key",
		"sweep.runs=2 sweep.runs=3":           "duplicate key",
		"sweep.method=grid sweep.method=grid": "duplicate key",
	} {
		args := []string{arg}
		if strings.HasPrefix(arg, "sweep.") && strings.Count(arg, "=") == 2 {
			args = strings.Fields(arg)
		}
		_, err := Load(write(t, minimal), Options{Arguments: args})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", arg, err, want)
		}
	}
}

func TestEmptyNamesAreRefused(t *testing.T) {
	for _, key := range []string{"label", "path"} {
		path := write(t, minimal+"data: {name: csv, train: a.csv, "+key+`: ""}`)
		_, err := Load(path, Options{})
		want := "x.yaml:5: data." + key + `: got "", want text that is not empty`
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The multiples of q are decimal multiples: among 0.1, 0.2 and 0.3, the middle one is drawn half
// the time and the others a quarter each, as in W&B's q_uniform.
func TestQuantisedEnds(t *testing.T) {
	for _, test := range []struct {
		numbers string
		want    []string
	}{
		{"min: 0.1, max: 0.3, q: 0.1", []string{"0.1", "0.2", "0.3"}},
		{"min: 0.4, max: 0.6, q: 0.1", []string{"0.4", "0.5", "0.6"}},
		{"min: 0.05, max: 0.15, q: 0.05", []string{"0.05", "0.1", "0.15"}},
		{"min: 0.57, max: 0.59, q: 0.01", []string{"0.57", "0.58", "0.59"}},
	} {
		e := loadText(t, minimal+"sweep: {method: random, runs: 400, parameters: {train.clip: {min: 1.0, max: 2.0}, model.dropout: {distribution: q_uniform, "+test.numbers+"}}}\n")
		counts := map[string]int{}
		for _, run := range e.Runs {
			counts[run.Point[1].Value]++
		}
		for i, value := range test.want {
			share := float64(counts[value]) / 400
			if want := []float64{0.25, 0.5, 0.25}[i]; share < want-0.1 || share > want+0.1 {
				t.Errorf("%s: %s was drawn with share %g, want about %g of %v", test.numbers, value, share, want, counts)
			}
		}
		if len(counts) != len(test.want) {
			t.Errorf("%s: drew %v", test.numbers, counts)
		}
	}
}

// FuzzArguments gives an experiment arbitrary arguments: it never panics, and the result is
// complete.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		"seed=010,011", "seed=range(010,013)", "seed=range(3,1,-1)", "data.path=a #1,b", "model.hidden=8,[8,8]", "sweep.seeds=3",
		`train.schedule={"name": step}`, "sweep.derived={seed: data.seed}", "sweep.zip=[[seed, data.seed]]", "train.clip=choice(off,1e3)",
		"sweep.parameters={train.clip: {distribution: q_uniform, min: 0, max: 1, q: 0.1}} sweep.method=random", "x", "=", "a.b=1",
	} {
		f.Add(seed)
	}

	dir := f.TempDir()
	path := dir + "/x.yaml"
	if err := os.WriteFile(path, []byte(minimal), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, argument string) {
		e, err := Load(path, Options{Arguments: []string{argument}, MaxRuns: 50})
		if err != nil {
			return
		}
		if n := len(e.Runs); n < 1 || n > 50 {
			t.Fatalf("%d runs", n)
		}
		for _, run := range e.Runs {
			if Hash(run.Config) != run.ID {
				t.Error("a run changed its id")
			}
		}
	})
}

// FuzzRange lists ranges: they have one value for each step before stop, and all values are on the
// same side of stop.
func FuzzRange(f *testing.F) {
	for _, seed := range [][3]string{{"010", "013", "1"}, {"0", "0.4", "0.1"}, {"3", "0", "-1"}, {"1e1", "30", "1e1"}, {"-.5", "2", "1e-1"}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, start, stop, step string) {
		const most = 100
		values, err := countRange([]string{start, stop, step}, most)
		if err != nil {
			return
		}
		if len(values) == 0 || len(values) > most {
			t.Fatalf("%d values", len(values))
		}
		first, limit, by := rational(t, start), rational(t, stop), rational(t, step)
		for i, text := range values {
			x := rational(t, text)
			want := new(big.Rat).Add(first, new(big.Rat).Mul(by, big.NewRat(int64(i), 1)))
			if x.Cmp(want) != 0 {
				t.Fatalf("value %d of range(%s,%s,%s) is %s", i, start, stop, step, text)
			}
			if x.Cmp(limit)*by.Sign() >= 0 {
				t.Fatalf("%s is not before %s", text, stop)
			}
		}
	})
}

func rational(t *testing.T, text string) *big.Rat {
	t.Helper()
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return x
}
