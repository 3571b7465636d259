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

// LastOf returns what gives the last value of a metric; NaN for a run that diverged, whose last
// finite value tells of nothing but the moment.
func LastOf(metric string) func(*series.Table) float64 {
	return ofSettled(func(t *series.Table) float64 {
		return query.LastOf(t.Curve(metric, ""))
	})
}

// LastCertified returns the last value of the best certified bound; NaN for a run that diverged.
func LastCertified(t *series.Table) float64 {
	return ofSettled(func(t *series.Table) float64 {
		return query.LastOf(query.BestCertified(t))
	})(t)
}

// Gap returns the certified over the lower bound at the end; NaN for a run that diverged.
func Gap(t *series.Table) float64 {
	return ofSettled(query.Gap)(t)
}

// ofSettled returns a measure that is NaN for runs that diverged.
func ofSettled(measure func(*series.Table) float64) func(*series.Table) float64 {
	return func(t *series.Table) float64 {
		if _, diverged := Diverged(t); diverged {
			return math.NaN()
		}
		return measure(t)
	}
}

// DrawMeasures draws measures of the runs against what differs between them: the mean over seeds, a
// band of one standard deviation, and each seed. Runs that differ in more than the abscissa are
// drawn family by family, as long as there are few.
func DrawMeasures(tables []*series.Table, y string, measures []Measure) (*figure.Figure, string) {
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
				m.Style.Color, m.Name = figure.Ramp(float64(i)/float64(len(families)-1)), family.Name+": "+m.Name
			}
			trends = append(trends, DrawOverSeeds(p, family.Runs, ids, x, m)...)
		}
	}

	p.AddVerticals("interpolation threshold", within(p, Thresholds(tables, x))...)
	f, declined := p.Explain(Averaged(p, "Means over "+over, "One run at each place.") + LeftOut(tables))
	if f != nil {
		f.Table = TrendTable(trends, "over "+x.Name)
	}

	return f, declined
}

// within returns the marks that lie among what is drawn.
func within(f *figure.Figure, marks []figure.Mark) []figure.Mark {
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

// deviation is the name of the band about means over seeds.
const deviation = "± one standard deviation"

// Averaged says what the curves of a figure are: means, with the given words, where a band lies
// about one, and otherwise single runs.
func Averaged(f *figure.Figure, means, single string) string {
	if slices.ContainsFunc(f.Series, func(s figure.Series) bool {
		return s.Name == deviation
	}) {
		return means + ", one standard deviation to either side, and single seeds dotted."
	}
	return single
}

// DrawOverSeeds draws one measure of the runs over the abscissa, and returns the power law of it.
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
		drawSingles(f, m.Name, runs, ids, x, m.Of, m.Style)
	} else {
		f.AddBand(deviation, band, m.Style.Color)
		bySeed := map[uint64][]*series.Table{}
		for _, t := range runs {
			bySeed[t.Header.Seed] = append(bySeed[t.Header.Seed], t)
		}

		quiet := figure.Stroke(m.Style.Color, "", figure.Dotted, 1).Quietly()
		for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
			drawSingles(f, "single seeds", bySeed[seed], ids, x, m.Of, quiet)
		}

		f.AddLine(m.Name, means, m.Style)
	}

	return x.trend(m.Name, means)
}

// meanAndBand returns the mean over the runs at each place, and one standard deviation to either
// side.
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

// drawSingles draws runs in the order of their places: a line or, of several runs at one place,
// dots.
func drawSingles(
	f *figure.Figure,
	name string,
	runs []*series.Table,
	ids map[*series.Table]string,
	x Abscissa,
	of func(*series.Table) float64,
	style figure.Style,
) {
	s := figure.Series{
		Name:    name,
		Shape:   figure.Line,
		Columns: []string{f.X.Name, f.Y.Name},
		Style:   style,
	}
	for i, t := range runs {
		s.Rows = append(s.Rows, figure.Row{x.Of(t), of(t)})
		s.Runs = append(s.Runs, []string{ids[t]})
		if i > 0 && x.Of(runs[i-1]) == x.Of(t) {
			s.Shape, s.Style = figure.Dots, figure.Style{
				Color:  style.Color,
				Marker: "emptyCircle",
				Quiet:  true,
			}
		}
	}

	f.AddSeries(s)
}
