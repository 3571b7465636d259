package config

import (
	"regexp"
	"testing"
)

var runID = regexp.MustCompile(`\b[0-9a-f]{12}\b`)

// Invalid sweeps and the exact messages about them.
func TestSweepProblems(t *testing.T) {
	sweep := func(parameters string) string { return "sweep:\n  parameters:\n    " + parameters + "\n" }
	random := func(parameters string) string {
		return "sweep:\n  method: random\n  runs: 3\n  parameters:\n    " + parameters + "\n"
	}
	tests := []struct {
		name, extra string
		args        []string
		want        string
	}{
		{"unknown key", sweep("train.batch_sise: {values: [1]}"), nil,
			"x.yaml:7: train.batch_sise: unknown key; did you mean train.batch_size?"},
		{"unknown key by argument", "", []string{"sed=1,2"}, "command line: sed: unknown key; did you mean seed?"},
		{"unknown field of a sweep", "sweep: {seed_list: [1]}", nil, "x.yaml:5: sweep.seed_list: unknown key"},
		{"misspelt field of a sweep", "sweep: {sedes: [1]}", nil, "x.yaml:5: sweep.sedes: unknown key; did you mean seed?"},
		{"unknown field of a parameter", sweep("train.clip: {valeus: [1]}"), nil,
			"x.yaml:7: train.clip: unknown field valeus of a swept key, want values, value, distribution, min, max, q, mu, sigma; did you mean values?"},
		{"a list alone", sweep("train.clip: [1, 2]"), nil,
			"x.yaml:7: train.clip: got [1, 2], want a mapping such as {values: [1, 2]} or {min: 0, max: 1}"},
		{"a section", sweep("train: {values: [1]}"), nil, "x.yaml:7: train: is a section: sweep its keys, by dotted names or below parameters"},
		{"a section by argument", "", []string{"stop={epochs: 1},{epochs: 2}"}, "command line: stop: got {epochs: 1},{epochs: 2}, want a mapping; only keys can be swept"},
		{"the name", sweep("name: {values: [a, b]}"), nil, "x.yaml:7: name: is the experiment's and cannot be swept"},
		{"no values", sweep("train.clip: {values: []}"), nil, "x.yaml:7: train.clip: got values [], want a list of one or more"},
		{"no seeds", "sweep: {seeds: []}", nil, "x.yaml:5: sweep.seeds: got [], want a list of one or more seeds, or their number"},
		{"a wrong value among points", sweep("train.clip: {values: [1, x]}\n    seed: {values: [1, 2, 3]}"), nil,
			"x.yaml:7: train.clip: got x, want number ≥ 0 or off"},
		{"a wrong seed", "sweep: {seeds: [1, -1]}", nil, "x.yaml:5: seed: got -1, want integer from 0 to 4294967295"},
		{"a wrong value by argument", "", []string{"seed=1,x"}, "command line: seed: got x, want integer from 0 to 4294967295"},
		{"a range of nothing", "", []string{"seed=range(3,1)"}, "command line: seed: got range(3,1): no value lies between start and stop, want range(stop), range(start,stop) or range(start,stop,step)"},
		{"a misspelt name", sweep("train.loss: {values: [mse, cross_entropi]}"), nil,
			"x.yaml:7: train.loss: got cross_entropi, want one of cross_entropy, mse, mse_mean; did you mean cross_entropy?"},

		{"twice, nested", sweep("train.clip: {values: [1]}\n    train: {parameters: {clip: {values: [2]}}}"), nil,
			"x.yaml:8: train.clip: swept twice; it is also in x.yaml:7"},
		{"seeds and seed", "sweep:\n  parameters: {seed: {values: [1]}}\n  seeds: [2]", nil, "x.yaml:7: seed: swept twice; it is also in x.yaml:6"},
		{"swept and derived", "sweep:\n  parameters: {train.clip: {values: [1]}}\n  derived: {train.clip: seed}", nil,
			"x.yaml:7: train.clip: swept twice; it is also in x.yaml:6"},
		{"swept and set", "train.clip: 3\n" + sweep("train.clip: {values: [1]}"), nil,
			"x.yaml:8: train.clip: is swept and also set in x.yaml:5; keep one of the two"},
		{"seeds and a seed", "seed: 1\nsweep: {seeds: [1, 2]}", nil, "x.yaml:6: seed: is swept and also set in x.yaml:5; keep one of the two"},
		{"argument twice", "", []string{"seed=1,2", "seed=3"}, "command line: seed: duplicate key; it is also in command line"},
		{"argument twice, swept last", "", []string{"seed=3", "seed=1,2"}, "command line: seed: duplicate key; it is also in command line"},
		{"sweep twice", "sweep: {seeds: 1}\nsweep: {seeds: 2}", nil, "x.yaml:6: sweep: duplicate key; it is also in x.yaml:5"},

		{"zip of unequal lengths", "sweep:\n  parameters: {train.clip: {values: [1, 2]}, data.seed: {values: [1, 2, 3]}}\n  zip: [[train.clip, data.seed]]", nil,
			"x.yaml:7: data.seed: has 3 values, train.clip that it is zipped with has 2"},
		{"zip of what is not swept", "sweep:\n  parameters: {train.clip: {values: [1, 2]}}\n  zip: [[train.clip, data.seed]]", nil,
			"x.yaml:7: data.seed: is zipped but not swept"},
		{"zip of one list", "sweep: {zip: [train.clip, data.seed]}", nil, "x.yaml:5: sweep.zip: got train.clip, want a list of lists of swept keys, each key once"},
		{"a key in two zips", "sweep: {zip: [[seed], [seed]]}", nil, "x.yaml:5: sweep.zip: got [[seed], [seed]], want a list of lists of swept keys, each key once"},

		{"a grid over a range", sweep("train.clip: {min: 0.5, max: 1}"), nil, "x.yaml:7: train.clip: uniform min 0.5 max 1 is for method random; a grid needs values"},
		{"runs of a grid", "sweep: {runs: 3, seeds: 2}", nil, "x.yaml:5: sweep.runs: 3 has no effect with method grid, only with random"},
		{"seed of a grid", "sweep: {seed: 3, seeds: 2}", nil, "x.yaml:5: sweep.seed: 3 has no effect with method grid, only with random; the runs' own are seeds"},
		{"random without runs", "sweep:\n  method: random\n  parameters: {train.clip: {min: 0, max: 1}}", nil, "x.yaml:6: sweep.runs: missing, want the number of points that method random draws"},
		{"unknown method", "sweep: {method: bayes}", nil, "x.yaml:5: sweep.method: got bayes, want one of grid, random"},
		{"min above max", random("train.clip: {min: 2, max: 1}"), nil, "x.yaml:9: train.clip: min 2 is more than max 1"},
		{"log of nothing", random("train.clip: {min: 0, max: 1, distribution: log_uniform_values}"), nil, "x.yaml:9: train.clip: min 0 has no logarithm, want one > 0"},
		{"no multiple", random("train.clip: {min: 1.1, max: 1.2, q: 1, distribution: q_uniform}"), nil, "x.yaml:9: train.clip: no multiple of q 1 lies between min 1.1 and max 1.2"},
		{"no q", random("train.clip: {min: 1, max: 2, distribution: q_uniform}"), nil, "x.yaml:9: train.clip: q is missing, which q_uniform needs"},
		{"q of uniform", random("train.clip: {min: 1, max: 2, q: 1}"), nil, "x.yaml:9: train.clip: q has no effect with distribution int_uniform, only min, max"},
		{"min alone", random("train.clip: {min: 1}"), nil, "x.yaml:9: train.clip: max is missing, which uniform needs"},
		{"nothing", random("train.clip: {}"), nil, "x.yaml:9: train.clip: got nothing, want values, value, min and max, or distribution"},
		{"mu without its distribution", random("train.clip: {mu: 1, sigma: 1}"), nil, "x.yaml:9: train.clip: got mu, sigma, want values, value, min and max, or distribution"},
		{"negative sigma", random("train.clip: {mu: 1, sigma: -1, distribution: normal}"), nil, "x.yaml:9: train.clip: sigma -1 is negative"},
		{"integers of fractions", random("seed: {min: 1.5, max: 2, distribution: int_uniform}"), nil, "x.yaml:9: seed: min 1.5 is not an integer"},
		{"word for a number", random("train.clip: {min: a, max: 2}"), nil, "x.yaml:9: train.clip: got min a, want a number"},
		{"unknown distribution", random("train.clip: {min: 1, max: 2, distribution: log_uniform}"), nil,
			"x.yaml:9: train.clip: got distribution log_uniform, want one of categorical, constant, int_uniform, uniform, log_uniform_values, q_uniform, normal; did you mean int_uniform?"},
		{"out of the key's range", random("data.label_noise: {min: 0.5, max: 1.5}"), nil, "x.yaml:9: data.label_noise: got 1.5, want number from 0 to 1"},
		{"numbers of a name", random("train.loss: {min: 1, max: 1}"), nil, "x.yaml:9: train.loss: got 1, want one of cross_entropy, mse, mse_mean"},
		{"a zip of draws", "sweep:\n  method: random\n  runs: 3\n  parameters: {train.clip: {min: 1, max: 2}, seed: {values: [1]}}\n  zip: [[train.clip, seed]]", nil,
			"x.yaml:8: train.clip: is zipped and needs values, not int_uniform min 1 max 2"},

		{"derived of an unknown name", "sweep: {derived: {train.clip: train.batchsize}}", nil,
			`x.yaml:5: train.clip: "train.batchsize": unknown name train.batchsize, want a key; did you mean train.batch_size?`},
		{"derived in a circle", "sweep: {derived: {train.clip: data.feature_noise, data.feature_noise: train.clip}}", nil,
			"x.yaml:5: data.feature_noise: is derived from itself, by way of train.clip\n" +
				"x.yaml:5: train.clip: is derived from itself, by way of data.feature_noise"},
		{"misspelt section", "quik: {}", nil, "x.yaml:5: quik: unknown key; did you mean quick?"},
		{"derived of itself", "sweep: {derived: {train.clip: train.clip + 1}}", nil, "x.yaml:5: train.clip: is derived from itself"},
		{"derived from the clock", "sweep: {derived: {train.clip: now().Unix()}}", nil,
			"x.yaml:5: train.clip: \"now().Unix()\": now gives another value each time, and whoever asks for a run again must find it"},
		{"derived from an order that changes", "sweep: {derived: {train.clip: 'values({\"a\": 1, \"b\": 2})[0]'}}", nil,
			"x.yaml:5: train.clip: \"values({\\\"a\\\": 1, \\\"b\\\": 2})[0]\": values gives another value each time, and whoever asks for a run again must find it"},
		{"derived syntax", "sweep: {derived: {train.clip: \"1 +\"}}", nil, `x.yaml:5: train.clip: "1 +": unexpected token EOF (1:3)`},
		{"derived fraction of an integer", "sweep: {derived: {train.batch_size: seed / 4}}", nil, "x.yaml:5: train.batch_size: got 10.5, want integer ≥ 0 or full"},
		{"derived unknown key", "sweep: {derived: {train.clib: seed}}", nil, "x.yaml:5: train.clib: unknown key; did you mean train.clip?"},

		{"twice the same run", "sweep: {seeds: [1, 1]}", nil, "x.yaml:5: sweep: seed=1 and seed=1 are the same run, ID"},
		{"twice the same draw", "sweep: {method: random, runs: 2, parameters: {train.clip: {value: 1}}}", nil, "x.yaml:5: sweep: train.clip=1 and train.clip=1 are the same run, ID; draw fewer runs, from more values or with another sweep.seed"},
		{"too many runs", "sweep:\n  parameters: {train.clip: {values: [1, 2, 3]}}\n  seeds: 400", nil, "x.yaml:5: sweep: more than the limit of 1000 runs, which --max-runs sets: train.clip 3 × seed 400"},
		{"too many seeds", "sweep: {seeds: 1000000000000}", nil, "x.yaml:5: seed: 1000000000000 seeds are more than the limit of 1000 runs, which --max-runs sets"},
		{"too many draws", "sweep: {method: random, runs: 1000000000, parameters: {train.clip: {min: 1, max: 2}}}", nil, "x.yaml:5: sweep: more than the limit of 1000 runs, which --max-runs sets: runs 1000000000"},
		{"a problem of a point", "stop.min_epochs: 2\n", []string{"stop.epochs=1,2", "seed=1,2"}, "x.yaml:5: stop.min_epochs: 2 is more than stop.epochs: 1"},

		{"quick with an unknown key", "quick:\n  stop: {epoch: 1}", nil, "x.yaml:6: stop.epoch: unknown key; did you mean stop.epochs?"},
		{"quick with a wrong sweep", "quick: {sweep: {sedes: 1}}", nil, "x.yaml:5: quick.sweep.sedes: unknown key; did you mean seed?"},
		{"quick that does not fit", "stop.min_epochs: 3\nquick: {stop: {epochs: 1}}", nil, "x.yaml:5: stop.min_epochs: 3 is more than stop.epochs: 1"},
		{"quick of nothing", "quick: 3", nil, "x.yaml:5: quick: got 3, want a mapping of keys that it lays over the file"},
		{"quick note of a list", "quick: {note: [a]}", nil, "x.yaml:5: quick.note: got [a], want text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(write(t, minimal+test.extra), Options{Arguments: test.args})
			if err == nil {
				t.Fatal("no error")
			}
			if got := runID.ReplaceAllString(err.Error(), "ID"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestQuickThatIsNotThere(t *testing.T) {
	_, err := Load(write(t, minimal), Options{Quick: true})
	if want := "x.yaml: quick: missing: this experiment has no quick form"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The limit counts the runs before it makes any.
func TestMaxRuns(t *testing.T) {
	path := write(t, minimal)
	if _, err := Load(path, Options{Arguments: []string{"seed=1,2,3"}, MaxRuns: 2}); err == nil {
		t.Error("3 runs with a limit of 2: no error")
	}
	if e, err := Load(path, Options{Arguments: []string{"seed=range(1001)"}, MaxRuns: 1001}); err != nil || len(e.Runs) != 1001 {
		t.Errorf("1001 runs with that limit: error %v", err)
	}
}
