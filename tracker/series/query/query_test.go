package query

import (
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// curveOf returns a table with one curve over epochs 0, 1, 2, ...
func curveOf(metric string, kind series.Kind, values ...float64) *series.Table {
	t := series.NewTable(series.Header{Config: map[string]string{}})
	addCurve(t, metric, kind, values...)
	return t
}

func addCurve(t *series.Table, metric string, kind series.Kind, values ...float64) {
	for e, v := range values {
		t.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: metric, Value: series.Float(v), Kind: kind}})
	}
}

func TestBestCertifiedIsTheSmallestAtTheEnd(t *testing.T) {
	table := curveOf(series.UpperProduct, series.Certified, 1, 9)
	addCurve(table, "upper_tight", series.Certified, 5, 6)
	addCurve(table, "upper_guess", series.Estimate, 1, 2)
	addCurve(table, "upper_broken", series.Certified, 1, math.NaN())
	table.Add(series.Point{Epoch: 1, Sample: series.Sample{Metric: "upper_prefix", Label: "upto=1", Value: 1, Kind: series.Certified}})
	if best := BestCertified(table); best == nil || best.Metric != "upper_tight" {
		t.Errorf("best certified bound %+v", best)
	}
	if best := BestCertified(curveOf("upper_guess", series.Estimate, 1)); best != nil {
		t.Errorf("an estimate passed for certified: %+v", best)
	}
}

func TestEndsSkipGaps(t *testing.T) {
	table := curveOf("m", series.Exact, math.NaN(), 2, 8, math.Inf(1))
	if e, ok := EndsOf(table.Curve("m", "")); !ok || e != (Ends{First: 2, Last: 8, FirstEpoch: 1, LastEpoch: 2}) || e.Growth() != 4 {
		t.Errorf("%+v, %v", e, ok)
	}
	if _, ok := EndsOf(curveOf("m", series.Exact, math.NaN()).Curve("m", "")); ok {
		t.Error("a curve without finite values has ends")
	}
	if _, ok := EndsOf(nil); ok {
		t.Error("a missing curve has ends")
	}
}

func TestFinalGapIsOfOneEpoch(t *testing.T) {
	table := curveOf(series.LowerBound, series.Lower, 1, 2, math.NaN())
	addCurve(table, series.UpperProduct, series.Certified, 1, 5)
	if gap := Gap(table); gap != 2.5 {
		t.Errorf("gap %v, want 5/2 of epoch 1", gap)
	}
	addCurve(table, "upper_sparse", series.Certified, 3)
	if gap := Gap(table); !math.IsNaN(gap) {
		t.Errorf("gap %v between bounds of epochs 0 and 1", gap)
	}
}

func TestVaryingKeysLeaveOutSeedsAndDerived(t *testing.T) {
	tables := []*series.Table{
		configured("model.hidden", "[4]", "seed", "1", "data.seed", "1", "model.parameters", "200", "train.loss", "mse"),
		configured("model.hidden", "[8]", "seed", "2", "data.seed", "2", "model.parameters", "400", "train.loss", "mse", "only.here", "x"),
	}
	if got := VaryingKeys(tables); !slices.Equal(got, []string{"model.hidden"}) {
		t.Errorf("varying keys %q", got)
	}
}

func TestHiddenUnits(t *testing.T) {
	for list, want := range map[string]int{"[64]": 64, "[64, 32]": 96, "[64 32]": 96, "8": 8, "[]": 0, "": 0, "[a]": 0} {
		if got, ok := HiddenUnits(configured("model.hidden", list)); got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", list, got, ok, want)
		}
	}
}

// configured returns a run with a configuration of keys and values.
func configured(pairs ...string) *series.Table {
	t := series.NewTable(series.Header{Config: map[string]string{}})
	for i := 0; i < len(pairs); i += 2 {
		t.Header.Config[pairs[i]] = pairs[i+1]
	}
	return t
}

func sameSetting(a, b *series.Table) bool {
	settings := Settings([]series.Header{a.Header, b.Header})
	return settings[0] == settings[1]
}

// Runs of an older program lack keys that were added later. Such a key does not distinguish runs of
// two programs.
func TestKeysThatOlderRunsLackTellNothingApart(t *testing.T) {
	old, young := configured("lr", "0.1", "seed", "1"), configured("lr", "0.1", "seed", "2", "track.new", "200")
	if !sameSetting(old, young) {
		t.Error("a key that was added later distinguishes runs")
	}

	other := configured("lr", "0.1", "seed", "2", "track.new", "300")
	if keys := VaryingKeys([]*series.Table{old, young, other}); !slices.Equal(keys, []string{"track.new"}) {
		t.Errorf("two values of a later key: varying keys %q", keys)
	}

	if sameSetting(configured("lr", "0.1"), configured("lr", "0.1", "model.layers", "[flatten]")) {
		t.Error("a network given by layers and one given by widths have the same setting")
	}
}

func TestSettingsLeaveOutWhatChangesNoNumber(t *testing.T) {
	a := configured("seed", "1", "data.seed", "1", "lr", "0.1", "checkpoint.every", "1h", "description", "a", "name", "x")
	b := configured("seed", "2", "data.seed", "3", "lr", "0.1", "checkpoint.every", "2h", "name", "y")
	if !sameSetting(a, b) || Seeds(a.Header) == Seeds(b.Header) {
		t.Errorf("settings %q, seeds %s and %s", Settings([]series.Header{a.Header, b.Header}), Seeds(a.Header), Seeds(b.Header))
	}
	if keys := VaryingKeys([]*series.Table{a, b}); len(keys) > 0 {
		t.Errorf("runs with the same setting differ in %q", keys)
	}
	b.Header.Config["lr"] = "0.2"
	if keys := VaryingKeys([]*series.Table{a, b}); sameSetting(a, b) || !slices.Equal(keys, []string{"lr"}) {
		t.Errorf("runs with two learning rates differ in %q", keys)
	}
}

func TestLastIsTheLastWhateverItIs(t *testing.T) {
	table := curveOf("m", series.Exact, 1, 2, math.Inf(1))
	if v := Last(table, "m", ""); !math.IsInf(v, 1) {
		t.Errorf("last value %v", v)
	}
	if v := Last(table, "none", ""); !math.IsNaN(v) {
		t.Errorf("last value %v of a missing curve", v)
	}
	if v := At(table, "m", "", 1); v != 2 {
		t.Errorf("%v at epoch 1", v)
	}
	if v := At(table, "m", "", 9); !math.IsNaN(v) {
		t.Errorf("%v at an epoch that was not measured", v)
	}
	if e := LastEpoch(table); e != 2 {
		t.Errorf("last epoch %d", e)
	}
}

func TestSpreadStopsAboveZero(t *testing.T) {
	if center, low, high := Spread([]float64{1, 9}); center != 5 || low != 1 || high < 10 {
		t.Errorf("%v from %v to %v", center, low, high)
	}
	if _, low, high := Spread([]float64{3}); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("one value spreads from %v to %v", low, high)
	}
}

func TestGroupsKeepTheOrderOfTheirFirstRuns(t *testing.T) {
	a, b, c := configured("k", "2"), configured("k", "1"), configured("k", "2")
	groups := Group([]*series.Table{a, b, c}, func(t *series.Table) string { return t.Header.Config["k"] })
	if len(groups) != 2 || !slices.Equal(groups[0], []*series.Table{a, c}) || !slices.Equal(groups[1], []*series.Table{b}) {
		t.Errorf("groups %v", groups)
	}
}
