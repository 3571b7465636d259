package experiments

import (
	"errors"
	"fmt"

	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// asRegression is the advice for a network with one output that is not a classifier.
const asRegression = "if it is a regression, say data.task=regression train.loss=mse"

// noteSeveralLabels notes that a network with one independent output per class may need another
// loss.
func (r *externalRun) noteSeveralLabels(first *external.Checkpoint) {
	last := first.Net.Last()
	asksNobody := r.Checkpoints.Note == nil || r.Config.Data.Options.Regression || !first.Info.Data.IsEmpty()
	if asksNobody || last.Activation.Name() != "sigmoid" {
		return
	}

	r.Checkpoints.Note("the network ends in sigmoids, and its points are taken to have one label each; " +
		"if they have several (multilabel), say data.task=regression train.loss=mse and data.targets=…")
}

// loadData loads the points, numbers their labels like the network's classes and scales them like
// its inputs.
func (r *externalRun) loadData(first *external.Checkpoint) error {
	about := first.Info.Data
	regresses := r.Config.Data.Options.Regression
	if regresses && r.Classes != nil {
		return errors.New("--classes: data.task is regression, which has none")
	}

	if r.Classes == nil {
		r.Classes = about.Classes
	}

	source := r.Config.Data
	source.Options.Outputs = &dataset.Outputs{Classes: first.Net.Out(), Names: r.Classes}

	var err error
	r.data, err = source.Load()
	if err != nil && r.single != nil {
		err = fmt.Errorf("%w; of a network with one output, classes are two; %s",
			err, asRegression)
	}
	if err != nil {
		return err
	}

	in := first.Net.In()
	if r.data.Train.Dim() != in {
		return fmt.Errorf(
			"the data have %d features, and the network of %s takes %d: data.columns chooses among them",
			r.data.Train.Dim(),
			first.Path,
			in,
		)
	}

	err = about.CheckFeatures(r.data.Features)
	if err == nil && regresses && about.TargetMean != nil {
		err = r.data.ScaleTargetsBy(&dataset.Scale{Mean: about.TargetMean, Std: about.TargetStd})
	}

	if err != nil {
		return err
	}

	switch {
	// There may be only one source of scaling: the command line, the checkpoint, or
	// data.standardize.
	case r.Scale != nil && r.data.Scale != nil:
		return errors.New(
			"data.standardize: true, but there is another scale for the inputs: keep one of the two",
		)
	case r.Scale != nil:
		scale, err := r.Scale(r.data.Features, r.data.Train.Dim())
		if err != nil {
			return err
		}
		return r.data.ScaleBy(scale)
	case about.Mean != nil && r.data.Scale == nil:
		return r.data.ScaleBy(&dataset.Scale{Mean: about.Mean, Std: about.Std})
	default:
		return nil
	}
}
