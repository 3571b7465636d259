package experiments

import (
	"math"
	"strconv"

	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// fitNames are the metrics of a regression's fit on one split.
type fitNames struct{ mse, r2 string }

var (
	fitOnTraining = fitNames{series.TrainMSE, series.TrainR2}
	fitOnTest     = fitNames{series.TestMSE, series.TestR2}
)

// fitSamples returns the mean square errors and R² of a regression. If there are several targets,
// each has a label, and R² without a label is their mean. A constant target has no R².
func fitSamples(names fitNames, fits []losses.Fit, targets []string) []series.Sample {
	if len(fits) == 1 {
		return oneFit(names, fits[0], "")
	}

	var samples []series.Sample
	var sum float64
	for k, fit := range fits {
		samples = append(samples, oneFit(names, fit, "target="+targets[k])...)
		sum += fit.R2
	}

	mean := sum / float64(len(fits))
	if len(fits) > 0 && !math.IsNaN(mean) {
		samples = append(samples, exactSample(names.r2, mean))
	}

	return samples
}

func oneFit(names fitNames, fit losses.Fit, label string) []series.Sample {
	mse, r2 := exactSample(names.mse, fit.MSE), exactSample(names.r2, fit.R2)
	mse.Label, r2.Label = label, label
	if math.IsNaN(fit.R2) {
		return []series.Sample{mse}
	}
	return []series.Sample{mse, r2}
}

// describeData records in a series' header the numbers of points and inputs, and of classes or
// targets.
func describeData(flat map[string]string, data *dataset.Dataset) {
	flat["data.points"] = strconv.Itoa(data.Train.Len())
	flat["data.dim"] = strconv.Itoa(data.Train.Dim())
	count := strconv.Itoa(data.Outputs())
	if data.IsRegression() {
		flat["data.outputs"] = count
		return
	}
	flat["data.classes"] = count
}

// namesOfTargets returns the labels of the targets in series. A single target is called by its
// name, or 1.
func namesOfTargets(d *dataset.Dataset) []string {
	labels := d.TargetLabels()
	if labels != nil {
		return labels
	}
	return dataset.LabelsOf(d.Targets, 1)
}
