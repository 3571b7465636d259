package experiments_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/tracker/series"
)

const regressionFiles = "testdata/regression"

// regressionTwin holds the results of numpy and PyTorch for the files in the same folder: see
// twin.py there.
type regressionTwin struct {
	Weights     [][]float64
	Mean, Std   []float64
	Train, Test twinScores
	Checkpoints map[string]struct {
		Train, Test twinScores
		Loss        float64
	}
}

type twinScores struct{ MSE, R2 []float64 }

// readTwin reads testdata/regression/expected.json.
func readTwin(t *testing.T) regressionTwin {
	t.Helper()
	var twin regressionTwin
	err := json.Unmarshal(read(t, filepath.Join(regressionFiles, "expected.json")), &twin)
	if err != nil || len(twin.Weights) != 2 || len(twin.Checkpoints) != 2 {
		t.Fatalf("%+v, error %v", twin, err)
	}
	return twin
}

var regressionTargets = []string{"power", "wear"}

// checkScores compares the last R² and mean square errors of a series with those of a twin, and
// checks that a regression has no accuracies.
func checkScores(t *testing.T, table *series.Table, epoch int, want twinScores, mse, r2 string, labels []string) {
	t.Helper()
	for k, label := range labels {
		for metric, want := range map[string]float64{mse: want.MSE[k], r2: want.R2[k]} {
			got, ok := table.Curve(metric, "target="+label).At(epoch)
			if !ok || !(math.Abs(got-want) <= 1e-6*math.Abs(want)) {
				t.Errorf("epoch %d: %s of %s is %v, %v; want %v", epoch, metric, label, got, ok, want)
			}
		}
	}

	mean, _ := table.Curve(r2, "").At(epoch)
	if want := (want.R2[0] + want.R2[1]) / 2; math.Abs(mean-want) > 1e-6*math.Abs(want) {
		t.Errorf("epoch %d: mean %s is %v, want %v", epoch, r2, mean, want)
	}

	for _, metric := range []string{series.TrainAccuracy, series.TestAccuracy} {
		if table.Curve(metric, "") != nil {
			t.Errorf("a regression has %s", metric)
		}
	}
}

// linearRegression is the configuration of a linear model of both targets.
func linearRegression(change ...string) string {
	text := "{name: linear, data: {name: csv, path: testdata/regression, train: train.csv, test: test.csv, " +
		"task: regression, targets: 'power, wear', standardize: true}, model: {hidden: []}, " +
		"train: {loss: mse, precision: float64, optimizer: {name: sgd, lr: 0.2}}, " +
		"stop: {epochs: 400, grad_norm: 1e-12}, track: {schedule: {every: 1000}, metrics: [default, upper_balanced]}}"
	return strings.NewReplacer(change...).Replace(text)
}

// runOf runs the only run of a configuration.
func runOf(t *testing.T, text string) (rundir.Record, experiments.Outcome) {
	t.Helper()
	e, err := config.Load("a test", config.Options{Text: text})
	if err != nil {
		t.Fatal(err)
	}

	all, err := experiments.Run(t.Context(), experiments.List(e.Runs), experiments.Local{Dir: t.TempDir()},
		experiments.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}

	record, err := rundir.ReadRecord(all[0].Folder.Series())
	if err != nil {
		t.Fatal(err)
	}

	return record, all[0]
}

// TestLinearRegressionIsLeastSquares compares a linear model of two targets in very different units
// with numpy's least squares: errors in the targets' units, R², the weights, the Lipschitz
// constant, and the scale in the checkpoint.
func TestLinearRegressionIsLeastSquares(t *testing.T) {
	twin := readTwin(t)
	record, out := runOf(t, linearRegression())
	epoch := record.Status.Epochs
	if record.Status.State != rundir.Converged {
		t.Fatalf("%+v", record.Status)
	}

	checkScores(t, record.Table, epoch, twin.Train, series.TrainMSE, series.TrainR2, regressionTargets)
	checkScores(t, record.Table, epoch, twin.Test, series.TestMSE, series.TestR2, regressionTargets)
	loss, _ := record.Table.Curve(series.TrainLoss, "").At(epoch)
	if want := 2 - twin.Train.R2[0] - twin.Train.R2[1]; math.Abs(loss-want) > 1e-9 {
		t.Errorf("the loss is %v: %v in units of the targets' variances", loss, want)
	}

	net, info, err := modelfile.Load(out.Folder.LastCheckpoint(), modelfile.Options{})
	if err != nil || !info.Data.IsRegression() || strings.Join(info.Data.Targets, " ") != "power wear" {
		t.Fatalf("%+v, error %v", info.Data, err)
	}

	standardised := mat.NewDense(2, 3, nil)
	for k := range 2 {
		if math.Abs(info.Data.TargetMean[k]/twin.Mean[k]-1) > 1e-12 || math.Abs(info.Data.TargetStd[k]/twin.Std[k]-1) > 1e-12 {
			t.Errorf("target %d: mean %v and std %v, want %v and %v",
				k, info.Data.TargetMean[k], info.Data.TargetStd[k], twin.Mean[k], twin.Std[k])
		}
		for j := range 3 {
			w := twin.Weights[k][j] * info.Data.Std[j] / twin.Std[k]
			standardised.Set(k, j, w)
			if got := net.Layers[0].Weight.At(k, j); math.Abs(got-w) > 1e-9 {
				t.Errorf("weight of feature %d to target %d is %v, want %v", j, k, got, w)
			}
		}
	}

	// The Lipschitz constant of a linear map is its norm.
	lower, _ := record.Table.Curve(series.LowerBound, "").At(epoch)
	var svd mat.SVD
	svd.Factorize(standardised, mat.SVDNone)
	if want := svd.Values(nil)[0]; math.Abs(lower-want) > 1e-9 {
		t.Errorf("lower bound %v, want %v", lower, want)
	}
}

// TestRegressionHasEveryMetric measures every metric of a network with two outputs, in shuffled
// batches and single precision, and checks the order of the bounds.
func TestRegressionHasEveryMetric(t *testing.T) {
	record, _ := runOf(t, linearRegression(
		"hidden: []", "hidden: [8], bias: true", "precision: float64", "batch_size: 16, shuffle: true",
		"name: sgd, lr: 0.2", "name: adam, lr: 0.01", "epochs: 400", "epochs: 20",
		"metrics: [default, upper_balanced]", "jacobian: {of: [logits, loss]}, "+
			"metrics: [default, adversarial, singular_drift, alt_lower_bound, upper_sandwich, local_upper]"))
	last := func(metric, label string) float64 {
		v, _, ok := record.Table.Curve(metric, label).Last()
		if !ok {
			t.Errorf("no %s (%s)", metric, label)
		}
		return v
	}

	if lower, upper := last(series.LowerBound, ""), last(series.UpperBest, ""); !(lower <= upper) || lower <= 0 {
		t.Errorf("lower %v, upper %v", lower, upper)
	}
	if on, adversarial := last(series.TrainLoss, ""), last(series.AdversarialLoss, ""); !(adversarial > on) {
		t.Errorf("loss %v at the points, %v at adversarial ones", on, adversarial)
	}
	last(series.JacobianMean, "of=loss")
	last(series.SingularDrift, "layer=1")
	if last(series.TestR2, "") < 0.5 {
		t.Error("it has not learnt")
	}
}

// TestRegressionOfPyTorch tracks checkpoints of a training on raw targets, and compares the results
// with numpy's.
func TestRegressionOfPyTorch(t *testing.T) {
	twin := readTwin(t)
	text := "{name: elsewhere, data: {name: npz, path: ., train: testdata/regression/points.npz, task: regression}, " +
		"model: {hidden: []}, train: {loss: mse, optimizer: {lr: 1}}, stop: {epochs: 0}}"
	e, err := config.Load("elsewhere", config.Options{Text: text})
	if err != nil {
		t.Fatal(err)
	}

	x := experiments.External{Config: e.Runs[0].Config, Checkpoints: external.Options{
		Paths: []string{filepath.Join(regressionFiles, "checkpoints")}, Model: modelfile.Options{Activation: "relu"},
	}}
	out, err := experiments.TrackExternal(t.Context(), x, experiments.Local{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}

	record, err := rundir.ReadRecord(out.Folder.Series())
	if err != nil {
		t.Fatal(err)
	}

	for epoch, want := range twin.Checkpoints {
		at, _ := strconv.Atoi(epoch)
		checkScores(t, record.Table, at, want.Train, series.TrainMSE, series.TrainR2, []string{"1", "2"})
		checkScores(t, record.Table, at, want.Test, series.TestMSE, series.TestR2, []string{"1", "2"})
		loss, _ := record.Table.Curve(series.TrainLoss, "").At(at)
		if math.Abs(loss-want.Loss) > 1e-6*want.Loss {
			t.Errorf("epoch %d: loss %v, want %v", at, loss, want.Loss)
		}
	}
}

// TestCheckpointsOfARegressionAreTracked tracks liptrack's own checkpoints like those of another
// program: their targets are standardised as the checkpoints describe.
func TestCheckpointsOfARegressionAreTracked(t *testing.T) {
	_, out := runOf(t, linearRegression())
	text := "{name: again, data: {name: csv, path: testdata/regression, train: train.csv, test: test.csv, " +
		"task: regression, targets: 'power, wear'}, model: {hidden: []}, train: {loss: mse, optimizer: {lr: 1}}, stop: {epochs: 0}}"
	e, err := config.Load("again", config.Options{Text: text})
	if err != nil {
		t.Fatal(err)
	}

	x := experiments.External{Config: e.Runs[0].Config, Checkpoints: external.Options{
		Paths: []string{out.Folder.LastCheckpoint()},
	}}
	again, err := experiments.TrackExternal(t.Context(), x, experiments.Local{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}

	record, err := rundir.ReadRecord(again.Folder.Series())
	if err != nil {
		t.Fatal(err)
	}

	twin := readTwin(t)
	checkScores(t, record.Table, again.Status.Epochs, twin.Train, series.TrainMSE, series.TrainR2, regressionTargets)
	checkScores(t, record.Table, again.Status.Epochs, twin.Test, series.TestMSE, series.TestR2, regressionTargets)
}

// TestSettingsOfClassesAreRefused checks the keys that make no sense for a regression.
func TestSettingsOfClassesAreRefused(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"loss: mse", "loss: cross_entropy", "train.loss: cross_entropy compares classes, want mse or mse_mean"},
		{"standardize: true", "label_noise: 0.2", "data.label_noise: 0.2 exchanges the labels of classes"},
		{"grad_norm: 1e-12", "train_accuracy: 0.9", "stop.train_accuracy: an accuracy is of classes"},
		{"loss: mse", "loss: mse, temperature: 2", "train.temperature: scales the logits of classes"},
		{"schedule: {every: 1000}", "jacobian: {of: [softmax]}", "track.jacobian.of: softmax is of classes"},
		{"task: regression, ", "", "data.targets: names columns of numbers to predict, which needs data.task: regression"},
		{"name: csv, path: testdata/regression, train: train.csv, test: test.csv", "name: mnist1d",
			"data.task: regression has no effect with data.name mnist1d"},
	} {
		_, err := config.Load("a test", config.Options{Text: linearRegression(c.from, c.to)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.to, err, c.want)
		}
	}
}

// TestColumnsOfArguments checks that names separated by commas are one value, not two runs.
func TestColumnsOfArguments(t *testing.T) {
	e, err := config.Load("a test", config.Options{
		Text: linearRegression(), Arguments: []string{"data.targets=wear,power", "data.columns=flow,pressure"},
	})
	if err != nil || len(e.Runs) != 1 {
		t.Fatalf("error %v", err)
	}

	o := e.Runs[0].Config.Data.Options
	if o.Targets != "wear,power" || o.Columns != "flow,pressure" {
		t.Errorf("targets %q, columns %q", o.Targets, o.Columns)
	}
}

// TestEnsembleOfARegression compares the expected loss of a target with the mean of the runs' test
// mean square errors, which is the same number, in W².
func TestEnsembleOfARegression(t *testing.T) {
	dir := t.TempDir()
	e, err := config.Load("../docs/your-own/power.yaml", config.Options{Arguments: []string{"seed=1,2,3", "stop.epochs=5"}})
	if err != nil {
		t.Fatal(err)
	}

	outcomes, err := experiments.Run(t.Context(), experiments.List(e.Runs), experiments.Local{Dir: dir}, experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = experiments.Reports(t.Context(), outcomes, true)
	if err != nil {
		t.Fatal(err)
	}

	mean := 0.0
	for _, o := range outcomes {
		table, err := series.ReadFile(o.Folder.Series())
		if err != nil {
			t.Fatal(err)
		}
		mse, _, _ := table.Curve(series.TestMSE, "").Last()
		mean += mse / 3
	}

	found, err := filepath.Glob(filepath.Join(dir, "power", "ensembles", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	table, err := series.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	value := func(metric, label string) float64 {
		v, _, _ := table.Curve(metric, label).Last()
		return v
	}
	loss, parts := value(series.ExpectedLoss, "target=power"), value(series.Bias, "target=power")+value(series.Variance, "target=power")
	if !(math.Abs(loss-mean) <= 1e-6*mean) || !(math.Abs(loss-parts) <= 1e-12*loss) {
		t.Errorf("expected loss %v, mean of the runs %v, bias and variance %v", loss, mean, parts)
	}
}
