package audit

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
)

// Targets describes what the outputs of a regression predict.
type Targets struct {
	// Names are the names of the K targets; if nil, they are numbered.
	Names []string
	// Scale converts targets to the units of the outputs; nil if they already are in these units.
	Scale *Scale
}

func (t *Targets) validate(outputs int) error {
	if t == nil {
		return nil
	}

	if t.Names != nil && len(t.Names) != outputs {
		return fmt.Errorf("%d names of targets for %d outputs", len(t.Names), outputs)
	}

	return t.Scale.validate("target", outputs)
}

// scorePredictions reports how well a regression predicts the targets, if they are known. The
// smallest R² of several targets counts. A constant target has no R².
func (a *auditor) scorePredictions() {
	if a.data.Y == nil || a.classifier != nil || a.data.Y.RawMatrix().Cols != a.net.Out() {
		return
	}

	y := rowsAt(a.data.Y, a.rows)
	var units []float64
	if a.Targets != nil && a.Targets.Scale != nil {
		y, units = a.Targets.Scale.apply(y), a.Targets.Scale.Std
	}

	least, names := 1.0, a.targetNames()
	for k, fit := range tracker.FitTargets(a.net, tracker.Probes{X: a.x, Targets: y}, units) {
		target := report.Target{Name: names[k], MSE: series.Float(fit.MSE)}
		if !math.IsNaN(fit.R2) {
			target.R2 = optionalFloat(fit.R2)
		}

		a.report.Data.Targets = append(a.report.Data.Targets, target)
		least = min(least, fit.R2)
	}

	if !math.IsNaN(least) {
		a.report.Data.R2 = optionalFloat(least)
	}
}

// describe names the outputs of a change and converts them to the targets' units; certified numbers
// are rounded up and seen ones down. With several outputs, the change of all outputs stays in the
// model's units, because the targets' units may differ.
func (t *Targets) describe(c *report.Change) {
	if t == nil {
		return
	}

	for k := range c.Outputs {
		o := &c.Outputs[k]
		if t.Names != nil {
			o.Name = t.Names[o.Output]
		}
		if t.Scale != nil {
			t.scaleOutput(o.Output, &o.Seen, &o.Possible, &o.Anywhere, &o.Spread)
		}
	}

	if len(c.Outputs) == 1 && t.Scale != nil {
		t.scaleOutput(0, &c.Seen, &c.Possible, &c.Anywhere, &c.Spread)
	}
}

// scaleOutput converts the numbers of one output to its target's unit.
func (t *Targets) scaleOutput(output int, seen, possible, anywhere, spread *series.Float) {
	unit := t.Scale.Std[output]
	*seen = series.Float(rounding.SumDown(float64(*seen)*unit, 1))
	*possible = series.Float(rounding.MulUp(float64(*possible), unit))
	*anywhere = series.Float(rounding.MulUp(float64(*anywhere), unit))
	*spread *= series.Float(unit)
}
