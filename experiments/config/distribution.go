package config

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// distribution is what the values of a random sweep are drawn from.
type distribution struct {
	name   string
	fields []string // numbers that it needs, all of them
	// check says what is wrong with the numbers, empty if nothing is.
	check func(n map[string]float64) string
	draw  func(n map[string]float64, r *rand.Rand) float64
}

// distributions are those of W&B's sweeps, beside categorical (values) and constant (value).
var distributions = []distribution{
	{"int_uniform", []string{"min", "max"}, wholeOrdered, func(n map[string]float64, r *rand.Rand) float64 {
		return n["min"] + float64(r.Int64N(int64(n["max"]-n["min"])+1))
	}},
	{"uniform", []string{"min", "max"}, ordered, drawUniform},
	{"log_uniform_values", []string{"min", "max"}, positiveOrdered, func(n map[string]float64, r *rand.Rand) float64 {
		low, high := math.Log(n["min"]), math.Log(n["max"])
		return min(max(math.Exp(low+(high-low)*r.Float64()), n["min"]), n["max"])
	}},
	{"q_uniform", []string{"min", "max", "q"}, quantised, func(n map[string]float64, r *rand.Rand) float64 {
		q := n["q"]
		lowest, highest := math.Ceil(n["min"]/q), math.Floor(n["max"]/q)
		return min(max(math.Round(drawUniform(n, r)/q), lowest), highest) * q
	}},
	{"normal", []string{"mu", "sigma"}, func(n map[string]float64) string {
		if n["sigma"] < 0 {
			return fmt.Sprintf("sigma %g is negative", n["sigma"])
		}
		return ""
	}, func(n map[string]float64, r *rand.Rand) float64 { return n["mu"] + n["sigma"]*r.NormFloat64() }},
}

func drawUniform(n map[string]float64, r *rand.Rand) float64 {
	return n["min"] + (n["max"]-n["min"])*r.Float64()
}

func ordered(n map[string]float64) string {
	if n["min"] > n["max"] {
		return fmt.Sprintf("min %g is more than max %g", n["min"], n["max"])
	}
	return ""
}

func wholeOrdered(n map[string]float64) string {
	const most = 1 << 53
	for _, field := range []string{"min", "max"} {
		if x := n[field]; x != math.Trunc(x) || math.Abs(x) > most {
			return fmt.Sprintf("%s %g is not an integer", field, x)
		}
	}
	return ordered(n)
}

func positiveOrdered(n map[string]float64) string {
	if n["min"] <= 0 {
		return fmt.Sprintf("min %g has no logarithm, want one > 0", n["min"])
	}
	return ordered(n)
}

func quantised(n map[string]float64) string {
	switch q := n["q"]; {
	case q <= 0:
		return fmt.Sprintf("q %g, want one > 0", q)
	case ordered(n) == "" && math.Ceil(n["min"]/q) > math.Floor(n["max"]/q):
		return fmt.Sprintf("no multiple of q %g lies between min %g and max %g", q, n["min"], n["max"])
	}
	return ordered(n)
}

// numberNode is a number as YAML has it, a whole one as an integer, which keys of integers and
// of numbers both take.
func numberNode(x float64) *yaml.Node {
	const exact = 1 << 53
	if x == math.Trunc(x) && math.Abs(x) <= exact {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatFloat(x, 'f', -1, 64)}
	}
	return encode(x)
}
