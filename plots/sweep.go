package plots

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"liptrack/tracker/series"
)

// A measure is one number of a finished run, drawn against what differs between runs.
type measure struct {
	name  string
	style Style
	of    func(*series.Table) float64
}

func lastOf(metric string) func(*series.Table) float64 {
	return func(t *series.Table) float64 { return final(t.Curve(metric, "")) }
}

func lastCertified(t *series.Table) float64 { return final(bestCertified(t)) }

// finalBounds draws the bounds that runs ended with. The double descent of the bounds over width
// is a peak near the interpolation threshold.
func finalBounds(tables []*series.Table) (*Figure, string) {
	f, declined := sweep(tables, boundAxis, []measure{
		{"best certified bound", Style{Color: vermilion, Marker: "rect", Dash: solid, Width: 2.5}, lastCertified},
		{"lower bound", Style{Color: blue, Marker: "circle", Dash: solid, Width: 2.5}, lastOf(series.LowerBound)},
		{"mean ‖J‖", Style{Color: sky, Marker: "diamond", Dash: dashed, Width: 2}, lastOf(series.JacobianMean)},
	})
	if f != nil && slices.Contains(varyingKeys(tables), keyHidden) {
		f.Reading += " A peak near the interpolation threshold, where the network is just able to fit every training point, and a descent " +
			"beyond it are the double descent."
	}
	return f, declined
}

var (
	finalTest  = measure{"test loss", Style{Color: orange, Marker: "diamond", Dash: solid, Width: 2.5}, lastOf(series.TestLoss)}
	finalTrain = measure{"train loss", Style{Color: green, Marker: "circle", Dash: solid, Width: 2.5}, lastOf(series.TrainLoss)}
)

// finalTestLoss draws the test loss that runs ended with. It has a chart of its own because the
// training loss falls by decades beyond the threshold, beside which no peak shows.
func finalTestLoss(tables []*series.Table) (*Figure, string) {
	return sweep(tables, "test loss", []measure{finalTest})
}

// finalTrainLoss draws the training loss that runs ended with.
func finalTrainLoss(tables []*series.Table) (*Figure, string) {
	return sweep(tables, "train loss", []measure{finalTrain})
}

// sweep draws measures of the runs against what differs between them: the mean over seeds, a
// band of one standard deviation, and each seed. Runs that differ in more than the abscissa are
// drawn family by family, as long as there are few.
func sweep(tables []*series.Table, y string, measures []measure) (*Figure, string) {
	keys := varyingKeys(tables)
	x, declined := abscissaOf(tables, keys)
	if declined != "" {
		return nil, declined
	}
	p := newPlot(Axis{Name: x.name, Log: x.log}, Axis{Name: y, Log: true})
	families, over := groupBy(tables, without(keys, x.key)), "seeds"
	if len(families) > mostFamilies {
		families, over = []group{{runs: tables}}, "seeds and all other keys"
	}
	ids := runIDs(tables)
	for i, family := range families {
		for _, m := range measures {
			if len(families) > 1 {
				m.style.Color, m.name = ramp(float64(i)/float64(len(families)-1)), family.name+": "+m.name
			}
			p.overSeeds(family.runs, ids, x, m)
		}
	}
	if x.key == keyHidden {
		p.verticals("interpolation threshold", thresholds(tables, x.name))
	}
	return p.read("Means over " + over + ", one standard deviation to either side, and single seeds." + leftOut(tables))
}

// mostFamilies is the most families of curves in one picture.
const mostFamilies = 12

// An abscissa is what the runs of a set are drawn against.
type abscissa struct {
	key, name string
	log       bool
	of        func(*series.Table) float64
}

const parametersAxis = "parameters p"

// abscissaOf returns the number of parameters, or where some run does not say it the hidden
// units, of runs that differ in width; of others, the first key for which all have numbers.
func abscissaOf(tables []*series.Table, keys []string) (x abscissa, declined string) {
	if slices.Contains(keys, keyHidden) {
		switch {
		case numeric(tables, keyParameters):
			return abscissaAlong(tables, keyParameters, parametersAxis), ""
		case numeric(tables, keyHidden):
			return abscissaAlong(tables, keyHidden, "hidden units"), ""
		}
		return x, "the widths in " + keyHidden + " cannot be read"
	}
	for _, key := range keys {
		if numeric(tables, key) {
			return abscissaAlong(tables, key, key), ""
		}
	}
	return x, "the runs differ in no key of numbers"
}

func abscissaAlong(tables []*series.Table, key, name string) abscissa {
	x := abscissa{key: key, name: name, of: func(t *series.Table) float64 { v, _ := numberOf(t, key); return v }}
	if key == keyParameters {
		x.key = keyHidden
	}
	var values []float64
	for _, t := range tables {
		values = append(values, x.of(t))
	}
	x.log = x.key == keyHidden || spreads(values)
	return x
}

// overSeeds draws one measure of the runs over the abscissa.
func (f *Figure) overSeeds(runs []*series.Table, ids map[*series.Table]string, x abscissa, m measure) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(t *series.Table) bool { return !finite(m.of(t)) })
	slices.SortStableFunc(runs, func(a, b *series.Table) int { return cmp.Compare(x.of(a), x.of(b)) })
	means, band := meanAndBand(runs, x, m)
	if len(runs) == 0 {
		return
	}
	if len(means) == len(runs) {
		f.singles(m.name, runs, ids, x, m.of, m.style)
		return
	}
	f.band("± one standard deviation", band, m.style.Color)
	bySeed := map[uint64][]*series.Table{}
	for _, t := range runs {
		bySeed[t.Header.Seed] = append(bySeed[t.Header.Seed], t)
	}
	for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
		f.singles("single seeds", bySeed[seed], ids, x, m.of, Style{Color: m.style.Color, Dash: dotted, Width: 1, Quiet: true})
	}
	f.line(m.name, means, m.style)
}

// meanAndBand returns the mean over the runs at each place, and one standard deviation to either
// side. Where the band would reach zero, which a logarithmic axis cannot show, it stops at the
// smallest run.
func meanAndBand(runs []*series.Table, x abscissa, m measure) (means, band []Row) {
	byPlace := map[float64][]float64{}
	for _, t := range runs {
		byPlace[x.of(t)] = append(byPlace[x.of(t)], m.of(t))
	}
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		values := byPlace[place]
		center, spread := mean(values), deviation(values)
		means = append(means, Row{place, center})
		low := center - spread
		if low <= 0 {
			low = slices.Min(values)
		}
		band = append(band, Row{place, low, center + spread})
	}
	return means, band
}

// singles draws runs in the order of their places: a line or, of several runs at one place, dots.
func (f *Figure) singles(name string, runs []*series.Table, ids map[*series.Table]string, x abscissa, of func(*series.Table) float64, style Style) {
	s := Series{Name: name, Shape: Line, Columns: []string{f.X.Name, f.Y.Name}, Style: style}
	for i, t := range runs {
		s.Rows, s.Runs = append(s.Rows, Row{x.of(t), of(t)}), append(s.Runs, []string{ids[t]})
		if i > 0 && x.of(runs[i-1]) == x.of(t) {
			s.Shape, s.Style = Dots, Style{Color: style.Color, Marker: "emptyCircle", Quiet: true}
		}
	}
	f.add(s)
}

// thresholds returns where the networks are just able to interpolate: at as many parameters
// as training points for cross-entropy, n ≈ p, and as target values for squared error,
// nK ≈ p (Khromov & Singh, ICLR 2024). None where the runs differ or do not say.
func thresholds(tables []*series.Table, axis string) []Mark {
	points, ok := common(tables, keyPoints)
	n, err := strconv.Atoi(points)
	if !ok || err != nil || axis != parametersAxis {
		return nil
	}
	classes, _ := common(tables, keyClasses)
	k, err := strconv.Atoi(classes)
	switch loss, _ := common(tables, keyLoss); {
	case loss == "cross_entropy":
		return []Mark{{"n = p", float64(n)}}
	case loss == "mse" && err == nil:
		return []Mark{{"n = p", float64(n)}, {"nK = p", float64(n * k)}}
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
