package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/liptrack/liptrack/tracker/series"
)

// The fixtures are synthetic series shaped like real ones: bounds that stay flat and then follow a
// power of the epoch, losses that fall, a histogram that widens and, over width, a double descent
// of bounds and test loss.

const (
	lowerSlope = 0.46 // of the lower bound, as in the paper's figure of evolution
	upperSlope = 0.59
)

// trainedRun returns a run with one hidden layer of the given width, measured at every epoch.
func trainedRun(width int, seed uint64, epochs int) *series.Table {
	t := series.NewTable(header(width, seed, epochs))
	t.State = "completed"
	rng := rand.New(rand.NewPCG(uint64(width), seed))
	height := peak(width) * (1 + 0.08*rng.NormFloat64())
	for e := range epochs + 1 {
		addEpoch(t, rng, e, height)
	}
	return t
}

func header(width int, seed uint64, epochs int) series.Header {
	return series.Header{
		Experiment: "mnist1d-widths", Run: fmt.Sprintf("w%03d-s%d", width, seed), Seed: seed, ConfigHash: "5d1c0de",
		BLAS:     "OpenBLAS 0.3.26, Haswell",
		Versions: map[string]string{"liptrack": "v0.1.0", "go": "go1.26.0", "gorgonia.org/gorgonia": "v0.9.18"},
		Config: map[string]string{
			"model.hidden": fmt.Sprintf(
				"[%d]",
				width,
			), "model.parameters": strconv.Itoa(50 * width), "model.activation": "relu",
			"data.name": "mnist1d", "data.points": "500", "data.classes": "10", "train.loss": "cross_entropy",
			"stop.epochs": strconv.Itoa(
				epochs,
			), "train.optimizer.name": "adam", "train.optimizer.lr": "0.003", "description": "Synthetic series with the shapes of real ones.", "seed": strconv.FormatUint(seed, 10),
		},
	}
}

// peak is the height of the double descent at a width, largest near 500 parameters.
func peak(width int) float64 {
	d := math.Log(float64(width) / 12)
	if d < 0 {
		return 10 * math.Exp(-d*d/2)
	}
	return 1 + 9*math.Exp(-d*d/1.2)
}

// addEpoch adds everything that a tracker measures at one epoch.
func addEpoch(t *series.Table, rng *rand.Rand, e int, height float64) {
	rise := func(slope float64) float64 { return math.Pow(1+math.Pow(float64(e)/20, 4), slope/4) }
	add := func(metric, label string, kind series.Kind, v float64) {
		t.Add(
			series.Point{
				Epoch:  e,
				Step:   8 * e,
				Sample: series.Sample{Metric: metric, Label: label, Value: series.Float(v), Kind: kind},
			},
		)
	}

	noise := func() float64 { return 1 + 0.01*rng.NormFloat64() }
	lower := 0.37 * height * rise(lowerSlope)
	fall := math.Exp(-float64(e) / 900)
	add(series.TrainLoss, "", series.Exact, 0.002+2.3*fall*noise())
	add(series.TestLoss, "", series.Exact, (0.9+0.7*fall+0.6*(1-fall)*math.Sqrt(height))*noise())
	add(series.TrainAccuracy, "", series.Exact, 1-0.9*fall)
	add(series.TestAccuracy, "", series.Exact, 0.6-0.5*fall)
	add(series.GradNorm, "", series.Exact, (0.01+0.3*fall)*math.Exp(0.2*rng.NormFloat64()))
	add(series.ParamNorm, "", series.Exact, 9.4+0.02*math.Sqrt(float64(e))*height)
	add(series.ParamDistance, "", series.Exact, 0.2*math.Sqrt(float64(e)))
	add(series.PathLength, "", series.Exact, 0.02*float64(e))
	add(series.UpdatePath, "", series.Exact, 0.03*float64(e))
	add(series.UpdateGradient, "", series.Exact, 0.4)
	add(series.LearningRate, "", series.Exact, 0.003)
	add(series.ParameterJacobian, "", series.Exact, 14*math.Sqrt(height)*rise(0.2))

	if e == 0 {
		add(series.DataDiameter, "", series.Exact, 22)
		for i := range 9 { // a picture of 3×3 cells, the last column of another class
			label := fmt.Sprintf("x=%d,y=%d", i%3-1, i/3-1)
			add(series.GridNorm, label, series.Exact, float64(i))
			add(series.GridClass, label, series.Exact, float64(i%3/2))
		}
	}

	first, second := 0.8*math.Sqrt(height)*rise(0.3)*noise(), 1.6*math.Sqrt(height)*rise(0.29)
	add(series.SpectralNorm, "layer=1", series.Exact, first)
	add(series.SpectralNorm, "layer=2", series.Exact, second)

	if e%10 == 0 {
		for k, label := range []string{"layer=1", "layer=2"} {
			add(series.SingularDrift, label, series.Estimate, 0.1*(fall-0.3*float64(2-k)))
			add(series.SingularNoise, label, series.Estimate, 0.05*fall)
		}
	}

	add(series.StableRank, "layer=1", series.Exact, 12-3*(1-fall))
	add(series.StableRank, "layer=2", series.Exact, 7-2*(1-fall))
	add(series.FrobeniusNorm, "layer=1", series.Exact, first*3)
	add(series.FrobeniusNorm, "layer=2", series.Exact, second*2.5)
	add(series.DeadUnits, "layer=1", series.Exact, math.Floor(6*(1-fall)))
	add(series.LowerBound, "", series.Lower, lower)
	add(series.LowerBound, "of=softmax", series.Lower, lower/8)
	add(series.JacobianMean, "", series.Exact, 0.66*lower*noise())
	add(series.JacobianRMS, "", series.Exact, 0.69*lower*noise())
	addOutcomes(add, lower, fall)
	add(series.JacobianQuantile, "q=0.5", series.Exact, 0.62*lower)
	add(series.JacobianQuantile, "q=0.95", series.Exact, 0.85*lower)
	add(series.AltLowerBound, "", series.Lower, 0.68*lower)
	add(series.UpperProduct, "", series.Certified, 3.5*0.37*height*rise(upperSlope))
	add("upper_liplt", "", series.Certified, 2.2*0.37*height*rise(0.54))
	add(series.PaperLower, "", series.Estimate, 0.998*lower)
	add(series.PaperUpper, "", series.Estimate, 3.49*0.37*height*rise(upperSlope))
	addHistogram(add, lower)
}

// addOutcomes adds the measurements by outcome: misclassified points have the largest norms, and
// none are left at the end.
func addOutcomes(add func(string, string, series.Kind, float64), lower, fall float64) {
	for outcome, part := range map[string]float64{"correct": 0.8, "misclassified": 1} {
		if outcome == "misclassified" && fall < 0.1 {
			continue
		}
		add(series.LowerBound, "on="+outcome, series.Lower, part*lower)
		add(series.JacobianMean, "on="+outcome, series.Exact, 0.65*part*lower)
		add(series.JacobianRMS, "on="+outcome, series.Exact, 0.68*part*lower)
	}
}

// addHistogram counts 500 probe points in bins with edges 10^(k/20), at norms around two thirds of
// the largest.
func addHistogram(add func(string, string, series.Kind, float64), largest float64) {
	top := int(math.Floor(20 * math.Log10(largest)))
	for k := top - 9; k <= top; k++ {
		d := float64(k-top) + 3.5
		label := "bin=" + strconv.FormatFloat(math.Pow(10, float64(k)/20), 'g', 6, 64)
		add(series.JacobianHistogram, label, series.Exact, math.Round(150*math.Exp(-d*d/8)))
	}
}

// divergedRun returns a run of 60 epochs whose values are NaN or infinite from epoch 40 on.
func divergedRun() *series.Table {
	whole, t := trainedRun(64, 7, 60), series.NewTable(header(64, 7, 60))
	t.State = "diverged"
	t.Header.Run = "diverged"

	for _, metric := range whole.Metrics() {
		for _, label := range whole.Labels(metric) {
			c := whole.Curve(metric, label)
			for i, v := range c.Values {
				if c.Epochs[i] >= 40 {
					v = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[i%3]
				}
				t.Add(
					series.Point{
						Epoch:  c.Epochs[i],
						Sample: series.Sample{Metric: metric, Label: label, Value: series.Float(v), Kind: c.Kind},
					},
				)
			}
		}
	}

	return t
}

// doubtfulRun returns a run with warnings at some points.
func doubtfulRun() *series.Table {
	t := trainedRun(32, 1, 50)
	for _, e := range []int{51, 52, 53} {
		t.Add(
			series.Point{
				Epoch: e,
				Sample: series.Sample{
					Metric:  series.LowerBound,
					Value:   2,
					Kind:    series.Lower,
					Warning: "covers 50 of 500 probe points",
				},
			},
		)
	}

	return t
}

// deepRun returns a run with more layers than are drawn as lines, and only their spectral norms.
func deepRun() *series.Table {
	h := header(64, 3, 100)
	h.Run, h.Config["model.hidden"] = "deep", "[64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64]"
	t := series.NewTable(h)

	for e := 0; e <= 100; e++ {
		for l := 1; l <= 12; l++ {
			v := (0.5 + 0.1*float64(l)) * math.Pow(1+float64(e), 0.02*float64(l))
			t.Add(
				series.Point{
					Epoch: e,
					Sample: series.Sample{
						Metric: series.SpectralNorm,
						Label:  fmt.Sprintf("layer=%d", l),
						Value:  series.Float(v),
						Kind:   series.Exact,
					},
				},
			)
		}
	}

	return t
}

const hostileName = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&`

// hostileRun returns a run with markup in every text of its header, in a metric, a label and a
// warning.
func hostileRun() *series.Table {
	t := trainedRun(16, 5, 20)
	h := series.Header{Experiment: hostileName, Run: hostileName, ConfigHash: hostileName, BLAS: hostileName,
		Config: map[string]string{
			"model.hidden": "[16]",
			"data.name":    hostileName,
			hostileName:    hostileName,
			"train.loss":   hostileName,
		},
		Versions: map[string]string{hostileName: hostileName}}

	t.Header = h
	t.Add(
		series.Point{
			Epoch: 1,
			Sample: series.Sample{
				Metric:  hostileName,
				Label:   hostileName,
				Value:   1,
				Kind:    hostileName,
				Warning: hostileName,
			},
		},
	)

	return t
}

var sweepWidths = []int{2, 4, 8, 12, 16, 24, 32, 64, 100, 160, 256, 512}

// widthSweep returns runs of twelve widths and three seeds.
func widthSweep(epochs int) []*series.Table {
	var tables []*series.Table
	for _, width := range sweepWidths {
		for seed := uint64(42); seed < 45; seed++ {
			tables = append(tables, trainedRun(width, seed, epochs))
		}
	}
	return tables
}

// grid returns runs of five widths, three amounts of label noise and two seeds.
func grid(epochs int) []*series.Table {
	var tables []*series.Table
	for _, noise := range []string{"0", "0.1", "0.2"} {
		for _, width := range sweepWidths[:5] {
			for seed := uint64(42); seed < 44; seed++ {
				t := trainedRun(width, seed, epochs)
				t.Header.Run += "-n" + noise
				t.Header.Config["data.label_noise"] = noise
				tables = append(tables, t)
			}
		}
	}
	return tables
}

// nanRun returns a run with only NaN values.
func nanRun() *series.Table {
	t := series.NewTable(series.Header{Run: "nan"})
	for _, metric := range []string{series.TrainLoss, series.LowerBound, series.UpperProduct} {
		t.Add(
			series.Point{
				Epoch:  1,
				Sample: series.Sample{Metric: metric, Value: series.Float(math.NaN()), Kind: series.Certified},
			},
		)
	}
	return t
}
