package audit

import (
	"math"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
)

// turns are the points at which the derivative of a smooth activation goes from rising to falling
// or back. Those of silu solve x·tanh(x/2) = ±2.
var turns = map[string][]float64{
	"tanh":     {0},
	"sigmoid":  {0},
	"gelu":     {-math.Sqrt2, math.Sqrt2},
	"silu":     {-2.399357280515, 2.399357280515},
	"softplus": {},
}

// slopeError bounds the error of a computed derivative, and of one at a turn known to turnError.
const (
	slopeError = 0x1p-44
	turnError  = 1e-9
)

// slopesOn is a range that holds the slopes of an activation between any two points of [low, high].
// A smooth derivative takes its extremes at the ends or at turns; of an activation not known here
// it is the range over all inputs.
func slopesOn(a network.Activation, low, high float64) bounds.Range {
	all := bounds.Range{}
	all.Low, all.High = a.SlopeRange()
	points, smooth := turns[a.Name()]
	switch {
	case !(low <= high):
		return all
	case smooth:
		return smoothSlopes(a, all, low, high, points)
	case a.Name() == "relu" || a.Name() == "leaky_relu":
		if high <= 0 {
			return bounds.Range{Low: a.Slope(), High: a.Slope()}
		}
		if low >= 0 {
			return bounds.Range{Low: 1, High: 1}
		}
	}
	return all
}

func smoothSlopes(a network.Activation, all bounds.Range, low, high float64, turns []float64) bounds.Range {
	at := []float64{low, high}
	for _, t := range turns {
		if low-turnError <= t && t <= high+turnError {
			at = append(at, t)
		}
	}
	slopes := make([]float64, len(at))
	network.Apply(a, at, slopes)
	r := bounds.Range{Low: math.Inf(1), High: math.Inf(-1)}
	for _, s := range slopes {
		r.Low, r.High = min(r.Low, s-slopeError), max(r.High, s+slopeError)
	}
	return bounds.Range{Low: max(r.Low, all.Low), High: min(r.High, all.High)}
}
