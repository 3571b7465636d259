package plots

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A measure is one number of a finished run, drawn against what differs between runs.
type measure struct {
	name  string
	style Style
	of    func(*series.Table) float64
}

func lastOf(metric string) func(*series.Table) float64 {
	return func(t *series.Table) float64 { return query.LastOf(t.Curve(metric, "")) }
}

func lastCertified(t *series.Table) float64 { return query.LastOf(query.BestCertified(t)) }

// finalBounds draws the bounds that runs ended with. The double descent of the bounds over width
// is a peak near the interpolation threshold.
func finalBounds(tables []*series.Table) (*Figure, string) {
	f, declined := sweep(tables, boundAxis, []measure{
		{"best certified bound", Style{Color: vermilion, Marker: "rect", Dash: solid, Width: 2.5}, lastCertified},
		{"lower bound", Style{Color: blue, Marker: "circle", Dash: solid, Width: 2.5}, lastOf(series.LowerBound)},
		{"mean ‖J‖", Style{Color: sky, Marker: "diamond", Dash: dashed, Width: 2}, lastOf(series.JacobianMean)},
	})
	drawsThreshold := func(s Series) bool { return s.Shape == Marks }
	if f != nil && slices.ContainsFunc(f.Series, drawsThreshold) {
		f.Reading += " A peak near the interpolation threshold, where the network is just able to fit every training point, and a descent " +
			"beyond it are the double descent."
	}
	return f, declined
}

var (
	finalTest = measure{
		"test loss",
		Style{Color: orange, Marker: "diamond", Dash: solid, Width: 2.5},
		lastOf(series.TestLoss),
	}
	finalTrain = measure{
		"train loss",
		Style{Color: green, Marker: "circle", Dash: solid, Width: 2.5},
		lastOf(series.TrainLoss),
	}
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
	keys := query.VaryingKeys(tables)
	x, declined := abscissaOf(tables, keys)
	if declined != "" {
		return nil, declined
	}

	p := newPlot(Axis{Name: x.name, Log: x.log}, Axis{Name: y, Log: true})
	families, over := familiesOf(tables, x.key)
	ids := runIDs(tables)
	var trends []trendRow
	for i, family := range families {
		for _, m := range measures {
			if len(families) > 1 {
				m.style.Color, m.name = ramp(float64(i)/float64(len(families)-1)), family.name+": "+m.name
			}
			trends = append(trends, p.overSeeds(family.runs, ids, x, m)...)
		}
	}

	p.verticals("interpolation threshold", thresholds(tables, x))
	f, declined := p.read(
		"Means over " + over + ", one standard deviation to either side, and single seeds dotted." + leftOut(tables),
	)
	if f != nil {
		f.Table = trendTable(trends, "over "+x.name)
	}

	return f, declined
}

// familiesOf puts runs together that differ in nothing but seeds and some keys, and what follows
// from these; all of them where there would be too many families.
func familiesOf(tables []*series.Table, keys ...string) (families []group, over string) {
	apart := slices.DeleteFunc(query.VaryingKeys(tables), func(k string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return follows(tables, k, key) })
	})
	if families = groupBy(tables, apart); len(families) <= mostFamilies {
		return families, "seeds"
	}
	return []group{{name: "all runs", runs: tables}}, "seeds and all other keys"
}

// follows reports whether runs that agree in one key agree in another.
func follows(tables []*series.Table, key, from string) bool {
	value := map[string]string{}
	for _, t := range tables {
		at, v := t.Header.Config[from], t.Header.Config[key]
		if known, ok := value[at]; ok && known != v {
			return false
		}
		value[at] = v
	}
	return true
}

// mostFamilies is the most families of curves in one picture.
const mostFamilies = 12

// An abscissa is what the runs of a set are drawn against.
type abscissa struct {
	key, name string
	log       bool
	values    []string // of a key of names
	of        func(*series.Table) float64
}

const parametersAxis = "parameters p"

// abscissaOf returns the number of parameters, or where some run does not say it the hidden
// units, of runs that differ in width; of others, the first key for which all have numbers.
func abscissaOf(tables []*series.Table, keys []string) (x abscissa, declined string) {
	if slices.Contains(keys, keyLayers) && numeric(tables, keyParameters) {
		x = abscissaAlong(tables, keyParameters, parametersAxis)
		x.key = keyLayers
		return x, ""
	}

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
	x := abscissa{key: key, name: name, of: func(t *series.Table) float64 { v, _ := query.Number(t, key); return v }}
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

// abscissaOver returns the abscissa of a key that the reader chose: the number of parameters for
// the widths, where it is known, numbers where all runs have them, and names otherwise.
func abscissaOver(tables []*series.Table, key string) abscissa {
	switch {
	case (key == keyHidden || key == keyParameters) && numeric(tables, keyParameters):
		return abscissaAlong(tables, keyParameters, parametersAxis)
	case numeric(tables, key):
		return abscissaAlong(tables, key, KeyName(key))
	}

	names := levels(tables, key)
	return abscissa{
		key:    key,
		name:   KeyName(key),
		values: names,
		of:     func(t *series.Table) float64 { return float64(slices.Index(names, KeyValue(t, key))) },
	}
}

// overSeeds draws one measure of the runs over the abscissa, and returns the power law of it.
func (f *Figure) overSeeds(runs []*series.Table, ids map[*series.Table]string, x abscissa, m measure) []trendRow {
	runs = slices.DeleteFunc(slices.Clone(runs), func(t *series.Table) bool { return !query.Finite(m.of(t)) })
	slices.SortStableFunc(runs, func(a, b *series.Table) int { return cmp.Compare(x.of(a), x.of(b)) })
	means, band := meanAndBand(runs, x, m)
	if len(runs) == 0 {
		return nil
	}

	if len(means) == len(runs) {
		f.singles(m.name, runs, ids, x, m.of, m.style)
	} else {
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

	return x.trend(m.name, means)
}

// trend returns the power law of points over an abscissa of numbers, where there are three.
func (x abscissa) trend(name string, points []Row) []trendRow {
	var at, values []float64
	for _, r := range points {
		at, values = append(at, r[0]), append(values, r[1])
	}
	if law := trend.Fit(at, values); x.values == nil && law.N >= query.LeastFitted && query.Finite(law.Slope) {
		return []trendRow{{name, law}}
	}
	return nil
}

// meanAndBand returns the mean over the runs at each place, and one standard deviation to either
// side.
func meanAndBand(runs []*series.Table, x abscissa, m measure) (means, band []Row) {
	byPlace := map[float64][]float64{}
	for _, t := range runs {
		byPlace[x.of(t)] = append(byPlace[x.of(t)], m.of(t))
	}
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		center, low, high := query.Spread(byPlace[place])
		means, band = append(means, Row{place, center}), append(band, Row{place, low, high})
	}
	return means, band
}

// singles draws runs in the order of their places: a line or, of several runs at one place, dots.
func (f *Figure) singles(
	name string,
	runs []*series.Table,
	ids map[*series.Table]string,
	x abscissa,
	of func(*series.Table) float64,
	style Style,
) {
	s := Series{Name: name, Shape: Line, Columns: []string{f.X.Name, f.Y.Name}, Style: style}
	for i, t := range runs {
		s.Rows, s.Runs = append(s.Rows, Row{x.of(t), of(t)}), append(s.Runs, []string{ids[t]})
		if i > 0 && x.of(runs[i-1]) == x.of(t) {
			s.Shape, s.Style = Dots, Style{Color: style.Color, Marker: "emptyCircle", Quiet: true}
		}
	}

	f.add(s)
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
