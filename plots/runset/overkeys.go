package runset

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Measure is one number of a finished run, drawn against what differs between runs.
type Measure struct {
	Name  string
	Style figure.Style
	Of    func(*series.Table) float64
}

// A Pick returns a curve of a run, or nil if the run does not have it.
type Pick func(*series.Table) *series.Curve

// CurveOf returns the Pick of a metric without a label.
func CurveOf(metric string) Pick {
	return func(t *series.Table) *series.Curve {
		return t.Curve(metric, "")
	}
}

// LastOf returns a function that gives the last value of a metric. It is NaN for a run that
// diverged: its last finite value only depends on when that happened.
func LastOf(metric string) func(*series.Table) float64 {
	return lastOfSettled(CurveOf(metric))
}

// LastCertified returns the last value of the best certified bound; NaN for a run that diverged.
var LastCertified = lastOfSettled(query.BestCertified)

func lastOfSettled(pick Pick) func(*series.Table) float64 {
	return func(t *series.Table) float64 {
		if _, diverged := Diverged(t); diverged {
			return math.NaN()
		}
		return query.LastOf(pick(t))
	}
}

// Gap returns the certified bound divided by the lower bound at the end; NaN for a run that
// diverged.
func Gap(t *series.Table) float64 {
	if _, diverged := Diverged(t); diverged {
		return math.NaN()
	}
	return query.Gap(t)
}

// FiniteValues returns the finite values of a measure over runs.
func FiniteValues(tables []*series.Table, of func(*series.Table) float64) []float64 {
	var values []float64
	for _, t := range tables {
		if v := of(t); query.Finite(v) {
			values = append(values, v)
		}
	}
	return values
}

// DrawMeasures draws measures of the runs against what differs between them: the mean over seeds, a
// band of one standard deviation, and each seed. Runs that differ in more than the abscissa are
// drawn as families of curves if there are few.
func DrawMeasures(tables []*series.Table, y string, measures ...Measure) (*figure.Figure, string) {
	keys := query.VaryingKeys(tables)
	x, declined := abscissaOf(tables, keys)
	if declined != "" {
		return nil, declined
	}

	p := figure.New(figure.Axis{Name: x.Name, Log: x.Log}, figure.Axis{Name: y, Log: true})
	families, over := FamiliesOf(tables, x.key)
	ids := IDs(tables)
	var trends []TrendRow
	for i, family := range families {
		for _, m := range measures {
			if len(families) > 1 {
				// Colours tell families apart, markers measures.
				m.Style.Color, m.Name = figure.Ramp(float64(i)/float64(len(families)-1)), family.Name+": "+m.Name
			}
			trends = append(trends, DrawOverSeeds(p, family.Runs, ids, x, m)...)
		}
	}

	p.AddVerticals("interpolation threshold", visibleMarks(p, Thresholds(tables, x))...)
	p.Table = TrendTable(trends, "over "+x.Name)
	return p.Explain(Averaged(p, "Means over "+over, "One run at each place.") + LeftOut(tables))
}

// visibleMarks returns the marks that lie in the range of the drawn points.
func visibleMarks(f *figure.Figure, marks []figure.Mark) []figure.Mark {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range f.Series {
		for _, r := range s.Rows {
			low, high = min(low, r[0]), max(high, r[0])
		}
	}
	return slices.DeleteFunc(marks, func(m figure.Mark) bool {
		return m.Value < low || m.Value > high
	})
}

// deviation is the name of the band around means over seeds.
const deviation = "± one standard deviation"

// Averaged describes the curves of a figure: means (with the given words) if it has bands,
// otherwise single runs.
func Averaged(f *figure.Figure, means, single string) string {
	if slices.ContainsFunc(f.Series, func(s figure.Series) bool {
		return s.Name == deviation
	}) {
		return means + ", one standard deviation to either side, and single seeds dotted."
	}
	return single
}

// DrawOverSeeds draws one measure of the runs over the abscissa and returns its power law.
func DrawOverSeeds(
	f *figure.Figure,
	runs []*series.Table,
	ids map[*series.Table]string,
	x Abscissa,
	m Measure,
) []TrendRow {
	runs = slices.DeleteFunc(slices.Clone(runs), func(t *series.Table) bool {
		return !query.Finite(m.Of(t))
	})
	slices.SortStableFunc(runs, func(a, b *series.Table) int {
		return cmp.Compare(x.Of(a), x.Of(b))
	})
	means, band := meanAndBand(runs, x, m)
	if len(runs) == 0 {
		return nil
	}

	if len(means) == len(runs) {
		drawSingles(f, runs, ids, x, m)
	} else {
		f.AddBand(deviation, band, m.Style.Color)
		bySeed := map[uint64][]*series.Table{}
		for _, t := range runs {
			bySeed[t.Header.Seed] = append(bySeed[t.Header.Seed], t)
		}

		single := Measure{Name: "single seeds", Style: seedStyle(m.Style.Color), Of: m.Of}
		for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
			drawSingles(f, bySeed[seed], ids, x, single)
		}

		f.AddLine(m.Name, means, m.Style)
	}

	return x.trend(m.Name, means)
}

// meanAndBand returns the mean over the runs at each place, and the band of one standard deviation
// on either side.
func meanAndBand(runs []*series.Table, x Abscissa, m Measure) (means, band []figure.Row) {
	byPlace := map[float64][]float64{}
	for _, t := range runs {
		byPlace[x.Of(t)] = append(byPlace[x.Of(t)], m.Of(t))
	}
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		center, low, high := query.Spread(byPlace[place])
		means = append(means, figure.Row{place, center})
		band = append(band, figure.Row{place, low, high})
	}
	return means, band
}

// seedStyle returns the style of the curve of one seed among several.
func seedStyle(color string) figure.Style {
	return figure.Stroke(color, "", figure.Dotted, 1).Quietly()
}

// drawSingles draws runs in the order of their places: as a line, or as dots if several runs share
// a place.
func drawSingles(f *figure.Figure, runs []*series.Table, ids map[*series.Table]string, x Abscissa, m Measure) {
	s := figure.Series{
		Name:  m.Name,
		Shape: figure.Line,
		Style: m.Style,
	}
	for i, t := range runs {
		s.Rows = append(s.Rows, figure.Row{x.Of(t), m.Of(t)})
		s.Runs = append(s.Runs, []string{ids[t]})
		if i > 0 && x.Of(runs[i-1]) == x.Of(t) {
			s.Shape = figure.Dots
			s.Style = figure.Style{Color: m.Style.Color, Marker: "emptyCircle", Quiet: true}
		}
	}

	f.AddSeries(s)
}
