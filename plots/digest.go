package plots

import (
	"cmp"
	"math"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Digest sums up a run. Its JSON form is for scripts: names do not change, and NaN and infinities
// are the strings of [series.Float]. What was not recorded is NaN.
type Digest struct {
	Experiment string `json:"experiment"`
	Run        string `json:"run"`
	Seed       uint64 `json:"seed"`
	// Status is the state in the run's folder: running, cancelled, completed, converged, gave_up,
	// diverged or failed; unknown if it records none, damaged if it cannot be read. Error is why a
	// run failed.
	Status    string       `json:"status"`
	Error     string       `json:"error,omitempty"`
	Epochs    int          `json:"epochs"` // the last measured
	TrainLoss series.Float `json:"train_loss"`
	TestLoss  series.Float `json:"test_loss"`
	// TrainAccuracy and TestAccuracy are in [0, 1].
	TrainAccuracy series.Float `json:"train_accuracy"`
	TestAccuracy  series.Float `json:"test_accuracy"`
	// TrainR2 and TestR2 are for regressions, which have no accuracies; nil for classifiers.
	TrainR2 *series.Float `json:"train_r2,omitempty"`
	TestR2  *series.Float `json:"test_r2,omitempty"`

	Lower series.Float `json:"lower_bound"`
	// Upper is the smallest final certified bound; UpperName is its metric.
	Upper     series.Float `json:"certified_bound"`
	UpperName string       `json:"certified_metric"`
	// Gap is the best certified bound divided by the lower bound, at the last epoch that has both.
	Gap    series.Float  `json:"gap"`
	Curves []CurveDigest `json:"curves"`
}

// A CurveDigest sums up one curve. First and Last are its first and last finite values.
type CurveDigest struct {
	Metric     string       `json:"metric"`
	Label      string       `json:"label"`
	Kind       series.Kind  `json:"kind"`
	Points     int          `json:"points"`
	First      series.Float `json:"first"`
	FirstEpoch int          `json:"first_epoch"`
	Last       series.Float `json:"last"`
	LastEpoch  int          `json:"last_epoch"`
	Doubtful   int          `json:"doubtful"` // points that carry a warning
	// At is where the last value of a lower bound is attained; nil if unknown.
	At *series.Place `json:"at,omitempty"`
	// Name is the curve's name on pages, Curve the full series.
	Name  string        `json:"-"`
	Curve *series.Curve `json:"-"`
}

// Growth returns the last value divided by the first.
func (c CurveDigest) Growth() float64 {
	return float64(c.Last / c.First)
}

// DigestOf sums up a run. Its curves are in the order in which their metrics were first measured,
// those of one metric ordered by label.
func DigestOf(t *series.Table) Digest {
	last := func(metric string) series.Float {
		return series.Float(query.Last(t, metric, ""))
	}
	best := query.BestCertified(t)
	d := Digest{
		Experiment:    t.Header.Experiment,
		Run:           t.Header.Run,
		Seed:          t.Header.Seed,
		Status:        cmp.Or(t.State, stateUnknown),
		Error:         t.Why,
		Epochs:        query.LastEpoch(t),
		TrainLoss:     last(series.TrainLoss),
		TestLoss:      last(series.TestLoss),
		TrainAccuracy: last(series.TrainAccuracy),
		TestAccuracy:  last(series.TestAccuracy),
		Lower:         last(series.LowerBound),
		Upper:         series.Float(query.LastOf(best)),
		Gap:           series.Float(query.Gap(t)),
	}

	// A nil pointer keeps the fields out of the JSON of classifiers.
	if t.Curve(series.TrainR2, "") != nil {
		d.TrainR2 = new(last(series.TrainR2))
	}

	if t.Curve(series.TestR2, "") != nil {
		d.TestR2 = new(last(series.TestR2))
	}

	if best != nil {
		d.UpperName = best.Metric
	}

	for c := range query.Curves(t) {
		d.Curves = append(d.Curves, digestOf(c))
	}

	return d
}

func digestOf(c *series.Curve) CurveDigest {
	d := CurveDigest{
		Metric:   c.Metric,
		Label:    c.Label,
		Kind:     c.Kind,
		Points:   len(c.Values),
		Doubtful: len(c.Warnings),
		Name:     figure.Quantity(c),
		Curve:    c,
		First:    series.Float(math.NaN()),
		Last:     series.Float(math.NaN()),
	}

	if e, ok := query.EndsOf(c); ok {
		d.First, d.FirstEpoch = series.Float(e.First), e.FirstEpoch
		d.Last, d.LastEpoch = series.Float(e.Last), e.LastEpoch
		d.At = placeAt(c, e.LastEpoch)
	}

	return d
}

// Sentences describes what happened in one run or in a set of several, as the page's summary does.
func Sentences(tables []*series.Table) []string {
	if len(tables) == 1 {
		return runSummary(tables[0])
	}
	return setSummary(tables)
}
