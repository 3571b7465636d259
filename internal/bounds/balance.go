package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// balance holds the weights of a chain after rescaling its hidden neurons: row j of W_i is
// multiplied by s and column j of W_{i+1} divided by s. This does not change W_{i+1}DW_i, because
// the diagonal matrix D commutes with the scaling.
type balance struct {
	weights []*mat.Dense // each entry carries at most balanceRoundings rounding errors
	scales  [][]float64  // s of each neuron, by hidden layer
}

const (
	// balanceSweeps is the maximum number of sweeps over several hidden layers.
	balanceSweeps    = 20
	balanceRoundings = 2 * balanceSweeps
	// balanceTolerance ends the sweeps once no norm changes by more than this, as a logarithm.
	balanceTolerance = 0.01
	// asleep is the scale of a neuron without output. A neuron without input gets its inverse.
	asleep = 0x1p-60
)

// balanced rescales the neurons until the 2-norms of their rows and columns are equal, sweeping
// over the hidden layers. A network with one hidden layer needs one sweep. If a neuron's row or
// column is zero, the neuron contributes nothing, and the other one is set to zero too.
func (c *chain) balanced() *balance {
	if c.equal != nil {
		return c.equal
	}

	b := new(balance)
	c.equal = b
	for i := range c.links {
		b.weights = append(b.weights, mat.DenseCopyOf(c.links[i].w))
	}

	for _, l := range c.hidden() {
		b.scales = append(b.scales, slices.Repeat([]float64{1}, len(l.slopes.mid)))
	}

	// The neurons of a single hidden layer do not affect one another, so one sweep is exact.
	sweeps := balanceSweeps
	if len(b.scales) == 1 {
		sweeps = 1
	}

	for range sweeps {
		change := 0.0
		for i, s := range b.scales {
			change = max(change, balanceLayer(s, b.weights[i], b.weights[i+1]))
		}

		if change < balanceTolerance {
			break
		}
	}

	return b
}

// balanceLayer rescales the neurons between the weights in and out, and multiplies s by the
// factors. It returns the largest |log factor|.
func balanceLayer(s []float64, in, out *mat.Dense) (change float64) {
	divisors := linalg.ColumnNorms(out)
	for j, norm := range divisors {
		row := in.RawRowView(j)
		rowNorm := linalg.EuclideanNorm(row)
		switch {
		// Both are zero: there is nothing to balance, and the division below must not produce NaN.
		case rowNorm == 0 && norm == 0:
			divisors[j] = 1
		// Nothing enters the neuron. Dividing its outgoing weights by +Inf sets them to 0.
		case rowNorm == 0:
			s[j], divisors[j] = 1/asleep, math.Inf(1)
		case norm == 0:
			s[j], divisors[j] = asleep, 1
			clear(row)
		default:
			// Both norms become √(row·column): the row grows by f and the column shrinks by f.
			f := math.Sqrt(norm / rowNorm)
			floats.Scale(f, row)
			s[j] *= f
			divisors[j] = f
			change = max(change, math.Abs(math.Log(f)))
		}
	}

	rows, _ := out.Dims()
	for i := range rows {
		floats.Div(out.RawRowView(i), divisors)
	}

	return change
}
