package claims

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

// values are the measurements of a made-up run, by metric or "metric label", over epochs.
type values map[string]map[int]float64

// always returns a value at epochs 0 and 100.
func always(v float64) map[int]float64 { return map[int]float64{0: v, 100: v} }

// madeRun makes a run with a configuration, a seed and values.
func madeRun(config recipe, seed uint64, v values) Run {
	t := series.NewTable(series.Header{Run: fmt.Sprintf("made-up-seed%d", seed), Seed: seed, Config: config})
	for _, name := range slices.Sorted(maps.Keys(v)) {
		metric, label := name, ""
		if n, _ := fmt.Sscanf(name, "%s %s", &metric, &label); n < 2 {
			metric, label = name, ""
		}
		kind := series.Exact
		if len(metric) > 6 && metric[:6] == "upper_" {
			kind = series.Certified
		}
		for _, epoch := range slices.Sorted(maps.Keys(v[name])) {
			t.Add(series.Point{Epoch: epoch, Step: 8 * epoch, Sample: series.Sample{
				Metric: metric, Label: label, Value: series.Float(v[name][epoch]), Kind: kind}})
		}
	}

	return Run{Table: t, State: "completed"}
}

// seeds makes four runs whose values differ by less than a per cent.
func seeds(config recipe, v values) []Run {
	var made []Run
	for s := range uint64(4) {
		own := values{}
		for name, curve := range v {
			own[name] = map[int]float64{}
			for epoch, value := range curve {
				own[name][epoch] = value * (1 + 0.002*(float64(s)-1.5))
			}
		}
		made = append(made, madeRun(config, paperSeed+s, own))
	}
	return made
}

// swept makes four runs for each value of a key.
func swept(config recipe, key string, of map[string]values) []Run {
	var made []Run
	for _, value := range slices.Sorted(maps.Keys(of)) {
		made = append(made, seeds(join(config, recipe{key: value}), of[value])...)
	}
	return made
}

func evidence(name string, made ...Run) Evidence {
	return Evidence{name: Experiment{Runs: made}}
}

// power returns scale · epoch^exponent at epoch 0 and at every thousandth epoch up to the last.
func power(scale, exponent float64, last int) map[int]float64 {
	curve := map[int]float64{0: scale}
	for epoch := 1000; epoch <= last; epoch += 1000 {
		curve[epoch] = scale * math.Pow(float64(epoch), exponent)
	}
	return curve
}

// rows returns values at epoch 0 and at the epochs of Table 3.
func rows(v ...float64) map[int]float64 {
	curve := map[int]float64{0: v[0]}
	for i, value := range v[1:] {
		curve[tableRows[i]] = value
	}
	return curve
}

// oneWidth returns the configuration of one hidden layer on n points of ten classes.
func oneWidth(base recipe, width, n int) recipe {
	return join(base, recipe{"model.hidden": fmt.Sprintf("[%d]", width), "model.parameters": fmt.Sprint(50 * width),
		"data.points": fmt.Sprint(n), "data.classes": "10"})
}

func pow(x int, exponent float64) float64 { return math.Pow(float64(x), exponent) }
