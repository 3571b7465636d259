package plots

import (
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/tracker/series"
)

// drifting is a run with two layers whose drift changes sign.
func drifting(batch string, seed uint64) *series.Table {
	t := series.NewTable(
		series.Header{
			Run:    batch + figure.FormatSeed(seed),
			Seed:   seed,
			Config: map[string]string{"train.batch_size": batch},
		},
	)

	for e := range 5 {
		for _, label := range []string{"layer=1", "layer=2"} {
			t.Add(
				series.Point{
					Epoch: e,
					Sample: series.Sample{
						Metric: series.SingularDrift,
						Label:  label,
						Value:  series.Float(2 - e + int(seed)),
						Kind:   series.Estimate,
					},
				},
			)

			t.Add(
				series.Point{
					Epoch:  e,
					Sample: series.Sample{Metric: series.SingularNoise, Label: label, Value: 3, Kind: series.Estimate},
				},
			)
		}
	}

	return t
}

func TestDriftIsDrawnBelowZeroBesideItsNoise(t *testing.T) {
	f, declined := drift(drifting("32", 0))
	if f == nil {
		t.Fatal(declined)
	}
	if f.Y.Log || len(f.Series) != 4 || len(f.Drawn) != 4 || f.Series[0].Rows[4][1] != -2 {
		t.Errorf("axis %+v, series %v", f.Y, f.Series)
	}
	if noise := seriesNamed(f, "noise, layer 2"); len(noise) != 1 || noise[0].Color != f.Series[1].Color ||
		noise[0].Dash != figure.Dashed {
		t.Errorf("noise %v", noise)
	}
}

func TestACurveForEachLabel(t *testing.T) {
	tables := []*series.Table{drifting("32", 0), drifting("32", 2), drifting("64", 0), drifting("64", 2)}
	f, declined := free.EveryLabel(series.SingularDrift, "layer=*")(tables)
	if f == nil {
		t.Fatal(declined)
	}
	means := seriesNamed(f, "batch_size 64, layer 2")
	if len(means) != 1 || means[0].Rows[4][1] != -1 {
		t.Fatalf("means %v of %v", means, f.Series)
	}
	if band := seriesNamed(f, "± one standard deviation"); len(band) != 4 || band[0].Rows[4][1] >= -2 {
		t.Errorf("of values on either side of zero the band ends at %v, want mean − deviation", band[0].Rows[4])
	}
	panels := drawSweep(t, tables, "singular_drift[layer=*],epoch,batch_size,panels")
	if len(panels) != 2 || len(seriesNamed(panels[1], "layer 1")) != 1 ||
		panels[0].Title != "Drift of σ₁ against epoch, batch_size 32" {
		t.Errorf("panels %+v", panels)
	}

	if one := drawSweep(t, tables[:2], "singular_noise[layer=?],epoch")[0]; len(seriesNamed(one, "layer 1")) != 1 {
		t.Errorf("one setting: %v", one.Series)
	}
	if _, err := free.Parse("singular_drift[layer=*],a,b,map"); err == nil ||
		!strings.Contains(err.Error(), "a map is of one label") {
		t.Errorf("a map of several labels: %v", err)
	}

	if _, err := free.Figures(tables, free.Sweep{Metric: series.SingularDrift, Label: "on=*", Epoch: free.Final, Key: "epoch", Form: free.Curves}); err == nil ||
		!strings.Contains(err.Error(), "recorded: singular_drift[layer=1]") {
		t.Errorf("no label fits: %v", err)
	}
}

func TestOutcomesOverSeeds(t *testing.T) {
	f, declined := free.EveryLabel(series.JacobianMean, "on=*")([]*series.Table{trainedRun(64, 1, 2600), trainedRun(64, 2, 2600)})
	if f == nil {
		t.Fatal(declined)
	}
	if len(seriesNamed(f, "correct points")) != 1 || len(seriesNamed(f, "misclassified points")) != 1 {
		t.Errorf("series %v", f.Series)
	}
	var many []*series.Table
	for _, width := range []int{2, 3, 4, 5, 6, 7, 8} {
		many = append(many, trainedRun(width, 1, 260))
	}
	if _, declined = free.EveryLabel(series.JacobianMean, "on=*")(many); declined != "needs at most 8 curves" {
		t.Errorf("fourteen curves: %q", declined)
	}
	if _, declined = free.EveryLabel(series.JacobianMean, "on=*")([]*series.Table{deepRun()}); declined != "no run recorded jacobian_mean[on=*]" {
		t.Errorf("without labels: %q", declined)
	}
}
