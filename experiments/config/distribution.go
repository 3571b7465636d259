package config

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
)

// distribution describes how the values of a random sweep are drawn.
type distribution struct {
	name   string
	fields []string // names of the required numbers
	// check returns what is wrong with the numbers, empty if nothing is.
	check func(n map[string]float64) string
	draw  func(n map[string]float64, r *rand.Rand) float64
}

// distributions lists the distributions of W&B's sweeps, in addition to categorical (values) and
// constant (value).
var distributions = []distribution{
	{
		"int_uniform",
		[]string{"min", "max"},
		wholeOrdered,
		func(n map[string]float64, r *rand.Rand) float64 {
			return n["min"] + float64(r.Int64N(int64(n["max"]-n["min"])+1))
		},
	},
	{"uniform", []string{"min", "max"}, ordered, drawUniform},
	{
		"log_uniform_values",
		[]string{"min", "max"},
		positiveOrdered,
		func(n map[string]float64, r *rand.Rand) float64 {
			// Rounding may take the exponential of a logarithm beyond an end.
			low, high := math.Log(n["min"]), math.Log(n["max"])
			return min(max(math.Exp(low+(high-low)*r.Float64()), n["min"]), n["max"])
		},
	},
	{
		"q_uniform",
		[]string{"min", "max", "q"},
		quantised,
		func(n map[string]float64, r *rand.Rand) float64 {
			lowest, highest := multiples(n)
			k := min(max(math.Round(drawUniform(n, r)/n["q"]), lowest), highest)
			// Multiply decimals, so that 3·0.1 gives 0.3, and the run gets the same id as one
			// configured with 0.3.
			x, _ := new(big.Rat).Mul(decimalOf(k), decimalOf(n["q"])).Float64()
			return x
		},
	},
	{"normal", []string{"mu", "sigma"}, func(n map[string]float64) string {
		if n["sigma"] < 0 {
			return fmt.Sprintf("sigma %g is negative", n["sigma"])
		}
		return ""
	}, func(n map[string]float64, r *rand.Rand) float64 {
		return n["mu"] + n["sigma"]*r.NormFloat64()
	}},
}

func drawUniform(n map[string]float64, r *rand.Rand) float64 {
	low, high, share := n["min"], n["max"], r.Float64()
	// The width of the range may overflow even if its ends do not.
	if math.IsInf(high-low, 0) {
		return low*(1-share) + high*share
	}
	return low + (high-low)*share
}

// multiples returns the first and the last multiple of q between min and max, in units of q. It
// calculates exactly, with the decimals as written: 0.3 is 3 times 0.1.
func multiples(n map[string]float64) (lowest, highest float64) {
	inUnits := func(field string, sign int64) float64 {
		x := new(big.Rat).Quo(decimalOf(n[field]), decimalOf(n["q"]))
		// For the lower end, the ceiling is the negative of the floor of the negative.
		x.Mul(x, big.NewRat(sign, 1))
		floor, _ := new(big.Float).SetInt(new(big.Int).Div(x.Num(), x.Denom())).Float64()
		return float64(sign) * floor
	}
	return inUnits("min", -1), inUnits("max", 1)
}

// decimalOf returns x as its shortest decimal.
func decimalOf(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
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
		x := n[field]
		if x != math.Trunc(x) || math.Abs(x) > most {
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
	const most = 1 << 53
	q := n["q"]
	if q <= 0 {
		return fmt.Sprintf("q %g, want one > 0", q)
	}

	if wrong := ordered(n); wrong != "" {
		return wrong
	}

	lowest, highest := multiples(n)
	switch {
	case lowest > highest:
		return fmt.Sprintf(
			"no multiple of q %g lies between min %g and max %g",
			q,
			n["min"],
			n["max"],
		)
	case max(-lowest, highest) > most:
		return fmt.Sprintf("q %g is too small for min %g and max %g", q, n["min"], n["max"])
	}

	return ""
}

// numberNode returns a number as a YAML node. A whole number becomes an integer, which is valid for
// keys of integers and of numbers.
func numberNode(x float64) *yaml.Node {
	const exact = 1 << 53
	if x == math.Trunc(x) && math.Abs(x) <= exact {
		return &yaml.Node{
			Kind:  yaml.ScalarNode,
			Tag:   "!!int",
			Value: strconv.FormatFloat(x, 'f', -1, 64),
		}
	}
	return settings.Encode(x)
}
