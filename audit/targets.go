package audit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/tracker/series"
)

// Targets are what the outputs of a regression predict.
type Targets struct {
	// Names are those of the K targets; nil for numbers.
	Names []string
	// Units are how much of each target's unit an output of 1 stands for, positive; nil for 1.
	Units []float64
	// Means are the targets for which an output of 0 stands, in their units; nil for 0.
	Means []float64
}

func (t *Targets) validate(outputs int) error {
	switch {
	case t == nil:
		return nil
	case t.Names != nil && len(t.Names) != outputs:
		return fmt.Errorf("%d names of targets for %d outputs", len(t.Names), outputs)
	case t.Means != nil && len(t.Means) != outputs:
		return fmt.Errorf("%d means of targets for %d outputs", len(t.Means), outputs)
	case t.Units != nil && len(t.Units) != outputs:
		return fmt.Errorf("%d units of targets for %d outputs", len(t.Units), outputs)
	}

	for k, unit := range t.Units {
		if !(unit > 0) || unit-unit != 0 {
			return fmt.Errorf("unit %g of target %d: must be a number above 0", unit, k+1)
		}
	}

	return nil
}

// leastR2 returns the least coefficient of determination over the targets, 1 − Σ(y−ŷ)²/Σ(y−ȳ)², of
// outputs n×K against the targets y in their units; false where a target has no variance.
func (t *Targets) leastR2(outputs, y *mat.Dense) (least float64, ok bool) {
	n, k := y.Dims()
	least = 1
	for c := range k {
		want := mat.Col(nil, c, y)
		got := mat.Col(nil, c, outputs)
		if t != nil && t.Units != nil {
			floats.Scale(t.Units[c], got)
		}
		if t != nil && t.Means != nil {
			floats.AddConst(t.Means[c], got)
		}

		spread := stat.PopVariance(want, nil) * float64(n)
		floats.Sub(got, want)
		least = min(least, 1-floats.Dot(got, got)/spread)
	}

	return least, !math.IsNaN(least) && !math.IsInf(least, 0)
}

// describe names the outputs of a change and brings them to the targets' units, certified numbers
// rounded up and what was seen rounded down. Of several outputs the change of all stays in the
// model's units, as those of the targets may differ.
func (t *Targets) describe(c *report.Change) {
	if t == nil {
		return
	}

	for k := range c.Outputs {
		o := &c.Outputs[k]
		if t.Names != nil {
			o.Name = t.Names[o.Output]
		}
		if t.Units != nil {
			t.scale(o.Output, &o.Seen, &o.Possible, &o.Anywhere, &o.Spread)
		}
	}

	if len(c.Outputs) == 1 && t.Units != nil {
		t.scale(0, &c.Seen, &c.Possible, &c.Anywhere, &c.Spread)
	}
}

// scale brings the numbers of one output to its target's unit.
func (t *Targets) scale(output int, seen, possible, anywhere, spread *series.Float) {
	unit := t.Units[output]
	*seen = series.Float(rounding.SumDown(float64(*seen)*unit, 1))
	*possible = series.Float(rounding.MulUp(float64(*possible), unit))
	*anywhere = series.Float(rounding.MulUp(float64(*anywhere), unit))
	*spread *= series.Float(unit)
}
