package plots

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"liptrack/tracker/series"
)

// A measure is one number of a finished run, drawn against its width.
type measure struct {
	name  string
	style style
	of    func(*series.Table) float64
}

func lastOf(metric string) func(*series.Table) float64 {
	return func(t *series.Table) float64 { return final(t.Curve(metric, "")) }
}

func lastCertified(t *series.Table) float64 { return final(bestCertified(t)) }

// boundsAgainstWidth draws the final bounds of runs of several widths. The double descent of
// the bounds is a peak near the interpolation threshold.
func boundsAgainstWidth(tables []*series.Table) (*figure, string) {
	return againstWidth(tables, boundAxis, []measure{
		{"best certified bound", style{color: vermilion, marker: "rect", dash: solid, width: 2.5}, lastCertified},
		{"lower bound", style{color: blue, marker: "circle", dash: solid, width: 2.5}, lastOf(series.LowerBound)},
		{"mean ‖J‖", style{color: sky, marker: "diamond", dash: dashed, width: 2}, lastOf(series.JacobianMean)},
	})
}

// testLossAgainstWidth draws the final test loss of runs of several widths. It has a chart of its
// own because the training loss falls by decades beyond the threshold, beside which no peak shows.
func testLossAgainstWidth(tables []*series.Table) (*figure, string) {
	return againstWidth(tables, "test loss", []measure{
		{"test loss", style{color: orange, marker: "diamond", dash: solid, width: 2.5}, lastOf(series.TestLoss)},
	})
}

// trainLossAgainstWidth draws the final training loss of runs of several widths.
func trainLossAgainstWidth(tables []*series.Table) (*figure, string) {
	return againstWidth(tables, "train loss", []measure{
		{"train loss", style{color: green, marker: "circle", dash: solid, width: 2.5}, lastOf(series.TrainLoss)},
	})
}

// againstWidth draws measures of the runs against the number of parameters, or against hidden
// units where some run does not say how many parameters it has: the mean over seeds, a band
// of one standard deviation, and each seed.
func againstWidth(tables []*series.Table, y string, measures []measure) (*figure, string) {
	keys := varyingKeys(tables)
	if !slices.Contains(keys, keyHidden) {
		return nil, "the runs do not differ in " + keyHidden
	}
	x, name, ok := widthAxis(tables)
	if !ok {
		return nil, "the widths in " + keyHidden + " cannot be read"
	}
	p := newPlot(axis{name, true}, axis{y, true})
	families := groupBy(tables, without(keys, keyHidden))
	for i, family := range families {
		for _, m := range measures {
			if len(families) > 1 {
				m.style.color, m.name = ramp(float64(i)/float64(len(families)-1)), family.name+": "+m.name
			}
			p.overSeeds(family.runs, x, m)
		}
	}
	p.verticals("interpolation threshold", thresholds(tables, name))
	return p.figure("Each marker is the mean over seeds of what runs of that width ended with, the band one standard deviation to " +
		"either side, the dotted lines single seeds. A peak near the interpolation threshold, where the network is just able to fit " +
		"every training point, and a descent beyond it are the double descent." + leftOut(tables))
}

const parametersAxis = "parameters p"

// widthAxis returns the abscissa of runs: the first of the two that every run has.
func widthAxis(tables []*series.Table) (x func(*series.Table) float64, name string, ok bool) {
	parameters := func(t *series.Table) (int, bool) { return configInt(t, keyParameters) }
	for _, candidate := range []struct {
		name string
		of   func(*series.Table) (int, bool)
	}{{parametersAxis, parameters}, {"hidden units", hiddenUnits}} {
		unknown := func(t *series.Table) bool { n, ok := candidate.of(t); return !ok || n <= 0 }
		if !slices.ContainsFunc(tables, unknown) {
			return func(t *series.Table) float64 { n, _ := candidate.of(t); return float64(n) }, candidate.name, true
		}
	}
	return nil, "", false
}

// overSeeds draws the mean, the band and the single seeds of one measure. Where the band
// would reach zero, which a logarithmic axis cannot show, it stops at the smallest seed.
func (p *plot) overSeeds(runs []*series.Table, x func(*series.Table) float64, m measure) {
	bySize, bySeed := map[float64][]float64{}, map[uint64][]row{}
	for _, t := range runs {
		if v := m.of(t); finite(v) {
			bySize[x(t)] = append(bySize[x(t)], v)
			bySeed[t.Header.Seed] = append(bySeed[t.Header.Seed], row{x(t), v})
		}
	}
	var means, band []row
	for _, size := range slices.Sorted(maps.Keys(bySize)) {
		values := bySize[size]
		center, spread := mean(values), deviation(values)
		means = append(means, row{size, center})
		low := center - spread
		if low <= 0 {
			low = slices.Min(values)
		}
		band = append(band, row{size, low, center + spread})
	}
	if len(bySeed) > 1 {
		p.band("± one standard deviation", band, m.style.color)
		for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
			rows := bySeed[seed]
			slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a[0], b[0]) })
			p.line("single seeds", rows, style{color: m.style.color, dash: dotted, width: 1, quiet: true})
		}
	}
	p.line(m.name, means, m.style)
}

// thresholds returns where the networks are just able to interpolate: at as many parameters
// as training points for cross-entropy, n ≈ p, and as target values for squared error,
// nK ≈ p (Khromov & Singh, ICLR 2024). None where the runs differ or do not say.
func thresholds(tables []*series.Table, axis string) []mark {
	points, ok := common(tables, keyPoints)
	n, err := strconv.Atoi(points)
	if !ok || err != nil || axis != parametersAxis {
		return nil
	}
	classes, _ := common(tables, keyClasses)
	k, err := strconv.Atoi(classes)
	switch loss, _ := common(tables, keyLoss); {
	case loss == "cross_entropy":
		return []mark{{"n = p", float64(n)}}
	case loss == "mse" && err == nil:
		return []mark{{"n = p", float64(n)}, {"nK = p", float64(n * k)}}
	}
	return nil
}

// leftOut says how many runs ended without finite values.
func leftOut(tables []*series.Table) string {
	n := 0
	for _, t := range tables {
		if _, ok := diverged(t); ok {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" Left out: %s that diverged.", plural(n, "run"))
}
