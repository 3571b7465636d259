package audit

import (
	"fmt"

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
}

func (t *Targets) validate(outputs int) error {
	switch {
	case t == nil:
		return nil
	case t.Names != nil && len(t.Names) != outputs:
		return fmt.Errorf("%d names of targets for %d outputs", len(t.Names), outputs)
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
