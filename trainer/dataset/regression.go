package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/internal/settings"
)

// taskKind is the names of whether numbers or classes are predicted.
func taskKind() settings.Kind[bool] {
	const classification, regression = "classification", "regression"
	return settings.Named([]string{classification, regression},
		func(name string) bool { return name == regression },
		func(regresses bool) string {
			if regresses {
				return regression
			}
			return classification
		})
}

// regressionRules refuses what only means something of classes, or only of targets.
func (c *Config) regressionRules(s *settings.Set) {
	s.Rule(func() string {
		if c.Options.Targets == "" || c.Options.Regression {
			return ""
		}
		return "names columns of numbers to predict, which needs data.task: regression; several labels of a " +
			"point (multilabel) are predicted so, as 0 and 1"
	}, "data.targets", "data.task")

	s.Rule(func() string {
		if c.Preparation.LabelNoise == 0 || !c.Options.Regression {
			return ""
		}
		return fmt.Sprintf(
			"%g exchanges the labels of classes, and data.task is regression",
			c.Preparation.LabelNoise,
		)
	}, "data.label_noise", "data.task")
}

// IsRegression says whether numbers are predicted rather than classes.
func (d *Dataset) IsRegression() bool {
	return d.Train.Y != nil
}

// Outputs returns the number of outputs of a network for the data: one for each class, or for each
// target.
func (d *Dataset) Outputs() int {
	if !d.IsRegression() {
		return d.Classes
	}
	_, targets := d.Train.Y.Dims()
	return targets
}

// TargetLabels returns what tells the targets apart in series: their names where these can be part
// of a label, else their numbers from 1. It is nil where there is one target only.
func (d *Dataset) TargetLabels() []string {
	if !d.IsRegression() || d.Outputs() == 1 {
		return nil
	}

	return LabelsOf(d.Targets, d.Outputs())
}

// LabelsOf returns the names of so many targets where all can be part of a label of a series, else
// their numbers from 1.
func LabelsOf(names []string, count int) []string {
	speaks := func(name string) bool {
		return !strings.ContainsAny(name, ",= ")
	}
	labels := slices.Clone(names)
	for j := range count {
		if names == nil || !speaks(names[j]) {
			labels = nil
		}
	}

	for j := len(labels); j < count; j++ {
		labels = append(labels, fmt.Sprint(j+1))
	}

	return labels
}

// targetNames returns the names of the target columns that options ask for.
func (o TableOptions) targetNames() []string {
	if o.Targets == "" {
		if o.Label == "" {
			return []string{defaultLabel}
		}
		return []string{o.Label}
	}

	names := strings.Split(o.Targets, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return names
}

// targetColumns returns the place of each target's column; -1 for those that are missing where they
// are not needed.
func targetColumns(header *columns, o TableOptions) ([]int, error) {
	key := "label"
	if o.Targets != "" {
		key = "targets"
	}

	var places []int
	taken := map[string]bool{}
	for _, name := range o.targetNames() {
		i := header.find(name)
		if i < 0 && o.Labels == NeedLabels {
			return nil, fmt.Errorf(
				"there is no column %s with a target: data.%s (of audit, --targets) names it; the columns are %s%s",
				input.Quote(name),
				key,
				input.QuoteNames(header.names),
				withoutHeader(header.names),
			)
		}

		if taken[name] {
			return nil, fmt.Errorf("targets: %s is named twice", input.Quote(name))
		}

		taken[name] = true
		places = append(places, i)
	}

	return places, nil
}

// checkTargetShape refuses the targets y of the points x, given by their shapes, that are neither
// one for each point nor a row of them.
func checkTargetShape(keys NPZKeys, x, y []int) error {
	count, _ := input.Elements(y)
	if count == 0 || len(y) > 2 || y[0] != x[0] {
		return fmt.Errorf(
			"%s has shape %v: want one row of targets for each of the %d points of %s",
			keys.Y,
			y,
			x[0],
			keys.X,
		)
	}
	return nil
}

// arrayTargets reads the targets, finite numbers, whose shape checkTargetShape has seen.
func arrayTargets(archive *npy.Archive, keys NPZKeys) (*mat.Dense, error) {
	y, err := archive.Array(keys.Y)
	if err != nil {
		return nil, err
	}

	return rowsOf(y, keys.Y)
}

// assembleRegression makes a data set of the user's own points and their targets. Without test
// points some training points are held out for them, unless the network is there already.
func assembleRegression(name string, train, test *Table, o Options) (*Dataset, error) {
	d := &Dataset{
		Name:     name,
		Features: train.Features,
		Targets:  train.Targets,
	}
	d.Train = Split{X: train.X, Y: train.Y}
	outputs := d.Outputs()
	if o.Outputs != nil && outputs != o.Outputs.Classes {
		return nil, fmt.Errorf(
			"%d targets, but the network has %d outputs: data.targets names their columns",
			outputs,
			o.Outputs.Classes,
		)
	}

	switch {
	case test != nil:
		// The same columns were asked of both files, but an npz names no columns.
		_, others := test.Y.Dims()
		if others != outputs {
			return nil, fmt.Errorf(
				"training points have %d targets, test points %d",
				outputs,
				others,
			)
		}
		d.Test = Split{X: test.X, Y: test.Y}
	case o.Outputs == nil && d.Train.Len() < 2:
		return nil, errors.New("there is one point only: none can be held out for testing")
	case o.Outputs == nil:
		d.Train, d.Test = holdOut(d.Train, o.TestFraction, o.Seed)
	}

	return d, nil
}

// standardizeTargets scales the targets to mean 0 and standard deviation 1 over the training
// points.
func (d *Dataset) standardizeTargets() error {
	s := scaleOf(d.Train.Y)
	for j := range s.Mean {
		column := mat.Col(nil, j, d.Train.Y)
		if isConstant(column) {
			return fmt.Errorf(
				"%s is %g at all training points: there is nothing to learn",
				d.target(j),
				column[0],
			)
		}
	}

	err := s.check(d.target)
	if err != nil {
		return err
	}

	return d.ScaleTargetsBy(s)
}

// ScaleTargetsBy scales the targets, which are the data set's own, as s says.
func (d *Dataset) ScaleTargetsBy(s *Scale) error {
	if len(s.Mean) != d.Outputs() {
		return fmt.Errorf("the scale has %d targets, the data have %d",
			len(s.Mean), d.Outputs())
	}

	s.Apply(d.Train.Y)
	s.Apply(d.Test.Y)
	d.TargetScale = s

	return nil
}

// target names a target.
func (d *Dataset) target(j int) string {
	if d.Targets != nil {
		return "target " + input.Quote(d.Targets[j])
	}
	return fmt.Sprintf("target %d", j+1)
}
