package experiments

import (
	"errors"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// trainingMetric is the name under which configurations schedule what the trainer itself knows:
// losses, accuracies, gradient norm, parameter norms, learning rate.
const trainingMetric = "training"

// updatesMetric is the name under which configurations schedule how far the updates went.
const updatesMetric = "updates"

// gridMetric is the name of the metric that is of networks of two inputs only.
const gridMetric = "grid"

// Allowed are the names of data sets and metrics that a configuration may use.
func Allowed() config.Allowed {
	a := config.Allowed{Metrics: []string{trainingMetric, updatesMetric}, DefaultMetrics: []string{trainingMetric}}
	for _, s := range dataset.Sources {
		a.Datasets = append(a.Datasets, s.Name)
	}
	a.Layers = func(value any) error {
		_, err := trainer.ParseLayers(value)
		return err
	}
	for _, m := range tracker.Metrics {
		a.Metrics = append(a.Metrics, m.Name)
		if m.Default {
			a.DefaultMetrics = append(a.DefaultMetrics, m.Name)
		}
	}
	return a
}

// loadData makes or reads a run's data set, of which files may be in the folder beside, and
// prepares it.
func loadData(c *config.Config, beside string) (*dataset.Dataset, error) {
	d := c.Data
	opts := dataset.Options{
		Path: d.Path, Train: d.Train, Test: d.Test, Label: d.Label, Columns: d.Columns, Beside: beside, TestFraction: d.TestFraction,
		Seed: d.Seed, Greyscale: d.Greyscale, Resize: d.Resize, Superclasses: d.Superclasses,
		Keys: dataset.NPZKeys(d.Keys),
	}
	opts.MNIST1D = dataset.DefaultMNIST1D()
	opts.MNIST1D.Samples = d.MNIST1D.Samples
	opts.MNIST1D.ScaleCoefficient = d.MNIST1D.Scale
	opts.MNIST1D.MaxTranslation = d.MNIST1D.MaxTranslation
	opts.MNIST1D.CorrelatedNoise = d.MNIST1D.CorrelatedNoise
	opts.MNIST1D.IIDNoise = d.MNIST1D.IIDNoise
	opts.MNIST1D.Shear = d.MNIST1D.Shear
	opts.MNIST1D.ShuffleSequence = d.MNIST1D.ShufflePositions
	opts.MNIST1D.Seed = uint32(d.MNIST1D.Seed)
	opts.Synthetic = dataset.SyntheticConfig(d.Synthetic)
	data, err := dataset.Load(d.Name, opts)
	if err != nil {
		return nil, err
	}
	data, err = dataset.Preparation{
		TrainSize: d.TrainSize, TestSize: d.TestSize, Permute: d.Permute,
		FeatureNoise: d.FeatureNoise, LabelNoise: d.LabelNoise, Standardize: d.Standardize, Seed: uint32(d.Seed),
	}.Apply(data)
	if err != nil {
		return nil, fmt.Errorf("preparing data set %s: %w", d.Name, err)
	}
	if c.Train.Precision == "float32" {
		err = data.RoundFloat32()
	}
	return data, err
}

// trainerConfig translates a configuration for data of n training points. Loading it has
// checked the names; what slips through comes back as an error all the same.
func trainerConfig(c *config.Config, n int) (trainer.Config, error) {
	batch := c.Train.BatchSize
	if batch == 0 {
		batch = n
	}
	hidden, err1 := network.ParseActivation(c.Model.Activation, c.Model.Slope)
	output, err2 := network.ParseActivation(c.Model.Output, c.Model.Slope)
	scheme, err3 := trainer.ParseInitScheme(c.Model.Init.Scheme)
	loss, err4 := trainer.ParseLoss(c.Train.Loss)
	kind, err5 := trainer.ParseOptimizerKind(c.Train.Optimizer.Name)
	schedule, err6 := rateSchedule(c, (n+batch-1)/batch)
	norm, err7 := trainer.ParseAttackNorm(c.Train.Adversarial.Norm)
	layers, err8 := layersOf(c.Model)
	a := c.Train.Adversarial
	o := c.Train.Optimizer
	return trainer.Config{
		Hidden: c.Model.Hidden, Layers: layers, Bias: c.Model.Bias, Activation: hidden, Output: output,
		Init:    trainer.Init{Scheme: scheme, Scale: c.Model.Init.Scale},
		Dropout: c.Model.Dropout,
		Loss:    loss, Temperature: c.Train.Temperature,
		Optimizer: trainer.Optimizer{
			Kind: kind, LearningRate: o.LR, Momentum: o.Momentum, Nesterov: o.Nesterov,
			WeightDecay: o.WeightDecay, Beta1: o.Betas[0], Beta2: o.Betas[1], Epsilon: o.Eps,
		},
		Schedule:  schedule,
		BatchSize: batch, Shuffle: c.Train.Shuffle, ClipNorm: c.Train.Clip,
		Constraint: c.Train.Constraint, JacobianPenalty: c.Train.JacobianPenalty,
		Adversarial: trainer.Adversarial{
			Eps: a.Eps, Norm: norm, Steps: a.Steps, Rate: a.Rate, Decay: a.Decay, Noise: a.Noise,
		},
		FollowUpdates: measures(c, updatesMetric),
		Float64:       c.Train.Precision == "float64",
		Seed:          c.Seed,
		Stop: trainer.Stop{
			Epochs: c.Stop.Epochs, MinEpochs: c.Stop.MinEpochs, GradNorm: c.Stop.GradNorm,
			TrainLoss: c.Stop.TrainLoss, TrainAccuracy: c.Stop.TrainAccuracy,
			GiveUp: trainer.GiveUp(c.Stop.GiveUp),
		},
	}, errors.Join(err1, err2, err3, err4, err5, err6, err7, err8)
}

// layersOf returns the layers of a model that has others than dense ones, else nil.
func layersOf(m config.Model) ([]trainer.LayerSpec, error) {
	if m.Layers == "" {
		return nil, nil
	}

	value, err := m.LayersValue()
	if err != nil {
		return nil, err
	}
	return trainer.ParseLayers(value)
}

func rateSchedule(c *config.Config, updatesPerEpoch int) (trainer.Schedule, error) {
	r := c.Train.Schedule
	if s, ok := trainer.PaperSchedule(r.Name); ok {
		return s, nil
	}
	kind, err := trainer.ParseScheduleKind(r.Name)
	s := trainer.Schedule{
		Kind: kind, StepEpochs: r.StepEpochs, Milestones: r.Milestones, Gamma: r.Gamma,
		Epochs: r.Epochs, MinFactor: r.MinFactor,
		WarmupUpdates: r.Warmup.Updates + r.Warmup.Epochs*updatesPerEpoch,
	}
	if s.Epochs == 0 {
		s.Epochs = max(c.Stop.Epochs, 1)
	}
	return s, err
}

// probes are the points at which a run is measured.
func probes(c *config.Config, data *dataset.Dataset, goroutines int) (tracker.Probes, error) {
	p := tracker.Probes{ChunkMB: c.Track.Memory, Goroutines: goroutines}
	from := data.Train
	switch c.Track.Probes.From {
	case "test":
		from = data.Test
	case "file":
		file, err := dataset.ReadTable(c.Track.Probes.File, dataset.TableOptions{
			Label: c.Data.Label, Labels: dataset.DropLabels, Columns: c.Data.Columns, Keys: dataset.NPZKeys(c.Data.Keys),
		})
		if err != nil {
			return p, fmt.Errorf("track.probes.file: %w", err)
		}
		data.Scale.Apply(file.X)
		from = dataset.Split{X: file.X}
	}
	if from.Dim() != data.Train.Dim() {
		return p, fmt.Errorf("track.probes: %d features, the training points have %d", from.Dim(), data.Train.Dim())
	}
	points, _ := from.X.Dims()
	if n := c.Track.Probes.Sample; n > 0 && n < points {
		from = from.Subset(rng.Stream(c.Seed, "probes").Perm(points)[:n])
	}
	p.X, p.Labels = from.X, from.Labels
	return p, nil
}

// measures says whether a run measures the metric of a name.
func measures(c *config.Config, name string) bool {
	return slices.ContainsFunc(c.Track.Metrics, func(m config.Metric) bool { return m.Name == name })
}

// trainerMetrics are the schedules of what the trainer itself knows, each nil if it is not asked for.
type trainerMetrics struct{ training, updates tracker.Schedule }

// metrics returns what a run measures and when.
func metrics(c *config.Config, data *dataset.Dataset) (scheduled []tracker.Scheduled, known trainerMetrics, err error) {
	opts, err := metricOptions(c, data)
	if err != nil {
		return nil, known, err
	}

	for _, m := range c.Track.Metrics {
		s := m.Schedule
		if s == (config.Schedule{}) {
			s = c.Track.Schedule
		}
		when, err := tracker.NewSchedule(s.First, s.Every, s.Log)
		if err != nil {
			return nil, known, fmt.Errorf("track.metrics: %s: %w", m.Name, err)
		}

		switch m.Name {
		case trainingMetric:
			known.training = when
			continue
		case updatesMetric:
			known.updates = when
			continue
		}

		if dim := data.Train.Dim(); m.Name == gridMetric && dim != 2 {
			return nil, known, fmt.Errorf("track.metrics: %s is of networks of 2 inputs, data set %s has %d features", m.Name, c.Data.Name, dim)
		}
		metric, err := tracker.NewMetric(m.Name, opts)
		if err != nil {
			return nil, known, fmt.Errorf("track.metrics: %w", err)
		}
		scheduled = append(scheduled, tracker.Scheduled{Metric: metric, When: when})
	}
	return scheduled, known, nil
}

func metricOptions(c *config.Config, data *dataset.Dataset) (tracker.Options, error) {
	j := c.Track.Jacobian
	loss, err := tracker.ParseLossFunction(c.Train.Loss)
	errs := []error{err}
	objective := tracker.Objective{Loss: loss, Temperature: c.Train.Temperature}
	opts := tracker.JacobianOptions{
		EveryLayer: j.UpTo == "all", Quantiles: j.Quantiles, Histogram: j.Histogram, Loss: objective,
	}
	for _, name := range j.Of {
		f, err := tracker.ParseFunction(name)
		opts.Of, errs = append(opts.Of, f), append(errs, err)
	}
	for _, name := range j.Norms {
		n, err := tracker.ParseNorm(name)
		opts.Norms, errs = append(opts.Norms, n), append(errs, err)
	}
	enlarged := tracker.EnlargedOptions{
		Train: data.Train.X, Test: data.Test.X,
		Combinations: c.Track.Enlarged.Combinations, Noise: c.Track.Enlarged.Noise,
	}
	a := c.Track.Adversarial
	return tracker.Options{
		Jacobian: opts, Enlarged: enlarged,
		Adversarial:         tracker.AdversarialOptions{Eps: a.Eps, Steps: a.Steps, Rate: a.Rate, Decay: a.Decay, Loss: objective},
		Training:            tracker.TrainingSet{X: data.Train.X, Labels: data.Train.Labels, BatchSize: c.Train.BatchSize, Loss: objective},
		LinearisationPoints: c.Track.Linearisation.Points,
		Grid:                tracker.GridOptions(c.Track.Grid),
		SearchRadius:        c.Track.Search.Radius,
		Local:               tracker.LocalOptions(c.Track.Local),
	}, errors.Join(errs...)
}
