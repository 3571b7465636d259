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

// taskKind returns the kind of the setting data.task, which is true for a regression.
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

// regressionRules adds rules against settings that only make sense for classes, or only for
// targets.
func (c *Config) regressionRules(s *settings.Set) {
	s.Rule(func() string {
		if c.Options.Targets == "" || c.Options.Regression {
			return ""
		}
		return "names columns of numbers to predict, which needs data.task: regression; to predict several labels " +
			"of a point (multilabel), encode each as 0 and 1"
	}, "data.targets", "data.task")

	s.Rule(func() string {
		if c.Preparation.LabelNoise == 0 || !c.Options.Regression {
			return ""
		}
		return fmt.Sprintf(
			"%g exchanges the labels of classes, but data.task is regression",
			c.Preparation.LabelNoise,
		)
	}, "data.label_noise", "data.task")
}

// IsRegression reports whether numbers rather than classes are predicted.
func (d *Dataset) IsRegression() bool {
	return d.Train.Y != nil
}

// Outputs returns the number of outputs of a network for the data: one for each class, or one for
// each target.
func (d *Dataset) Outputs() int {
	if !d.IsRegression() {
		return d.Classes
	}
	_, targets := d.Train.Y.Dims()
	return targets
}

// TargetLabels returns the labels that distinguish the targets in series: their names if these can
// be part of a label, else their numbers from 1. It returns nil if there is only one target.
func (d *Dataset) TargetLabels() []string {
	if !d.IsRegression() || d.Outputs() == 1 {
		return nil
	}

	return LabelsOf(d.Targets, d.Outputs())
}

// LabelsOf returns the names of count targets if all can be part of a label in a series, else their
// numbers from 1.
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

// targetNames returns the names of the target columns that the options request.
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

// targetColumns returns the index of each target's column. A missing column is an error if labels
// are required, and has the index -1 otherwise.
func targetColumns(header *columns, o TableOptions) ([]int, error) {
	key := "label"
	if o.Targets != "" {
		key = "targets"
	}

	var places []int
	taken := map[string]bool{}
	for _, name := range o.targetNames() {
		i := header.findColumn(name)
		if i < 0 && o.Labels == NeedLabels {
			return nil, fmt.Errorf(
				"there is no target column %s: data.%s (in audit, --targets) names it; the columns are %s%s",
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

// checkTargetShape returns an error unless the targets have one number or one row for each point.
// It takes the shapes x of the points and y of the targets.
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

// arrayTargets reads the targets, whose shape checkTargetShape has checked. They must be finite.
func arrayTargets(archive *npy.Archive, keys NPZKeys) (*mat.Dense, error) {
	y, err := archive.Array(keys.Y)
	if err != nil {
		return nil, err
	}

	return rowsOf(y, keys.Y)
}

// assembleRegression makes a data set of the user's own points and their targets. Without test
// points, some training points are held out for testing, unless the network already exists.
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
		// The same columns were requested from both files, but an npz file names no columns.
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
		return nil, errors.New("there is only one point: none can be held out for testing")
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

	err := s.checkFinite(d.target)
	if err != nil {
		return err
	}

	return d.ScaleTargetsBy(s)
}

// ScaleTargetsBy scales the targets by s, in place; d must own them. It returns an error if s has a
// different number of targets.
func (d *Dataset) ScaleTargetsBy(s *Scale) error {
	if len(s.Mean) != d.Outputs() {
		return fmt.Errorf("the scale has %d targets, but the data have %d",
			len(s.Mean), d.Outputs())
	}

	s.Apply(d.Train.Y)
	s.Apply(d.Test.Y)
	d.TargetScale = s

	return nil
}

// target returns the name of target j for messages.
func (d *Dataset) target(j int) string {
	if d.Targets != nil {
		return "target " + input.Quote(d.Targets[j])
	}
	return fmt.Sprintf("target %d", j+1)
}
