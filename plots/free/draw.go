package free

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// mostPanels is the maximum number of panels of a sweep: more would be too small to read.
const mostPanels = 16

// Figures draws a sweep of runs: one figure, or one for each panel, all on the same axes.
func Figures(tables []*series.Table, s Sweep) ([]*figure.Figure, error) {
	tables = runset.Ordered(tables)
	id := s.Name()
	name, err := s.resolve(tables)
	if err != nil {
		return nil, fmt.Errorf("sweep of %s: %w", s.Metric, err)
	}

	panels, err := s.panels(tables)
	if err != nil {
		return nil, fmt.Errorf("sweep of %s: %w", s.Metric, err)
	}

	var figures []*figure.Figure
	for _, panel := range panels {
		f, declined := s.draw(tables, panel.Runs, name)
		if f == nil {
			return nil, fmt.Errorf(
				"sweep of %s: %s",
				s.Metric,
				strings.Trim(panel.Name+": "+declined, ": "),
			)
		}

		f.ID, f.Title, f.Size = id, s.title(name), figure.Half
		if s.Form == Panels {
			f.ID, f.Title = figure.Slug(id+" "+panel.Name), f.Title+", "+panel.Name
			f.Panel, f.Size = panel.Name, figure.Third
		}

		figures = append(figures, f)
	}

	if s.Form == Panels {
		shareAxes(figures)
	}

	return figures, nil
}

// EveryLabel returns a drawing of a metric over epochs, with one curve for each setting and each
// label that matches the pattern.
func EveryLabel(metric, pattern string) func(tables []*series.Table) (*figure.Figure, string) {
	s := Sweep{
		Metric: metric,
		Label:  pattern,
		Epoch:  Final,
		Key:    "epoch",
		Form:   Curves,
	}

	return func(tables []*series.Table) (*figure.Figure, string) {
		name, err := s.resolve(tables)
		switch settings := len(runset.GroupBy(tables, query.VaryingKeys(tables))); {
		case err != nil:
			return nil, "no run recorded " + metric + "[" + pattern + "]"
		case settings*len(s.each(tables)) > figure.LinesUpTo:
			return nil, "needs at most " + figure.Plural(figure.LinesUpTo, "curve")
		}
		return s.draw(tables, tables, name)
	}
}

// AddSweeps appends sweeps of runs to the charts of a page.
func AddSweeps(p *page.Page, tables []*series.Table, sweeps ...Sweep) error {
	for _, s := range sweeps {
		figures, err := Figures(tables, s)
		if err != nil {
			return err
		}
		p.Figures = append(p.Figures, figures...)
	}
	return nil
}

// resolve replaces short keys by full ones and returns the name of the metric. It fails if the
// metric was not recorded or the runs do not differ in the keys.
func (s *Sweep) resolve(tables []*series.Table) (name string, err error) {
	each := s.each(tables)
	i := slices.IndexFunc(tables, func(t *series.Table) bool {
		return len(each) > 0 && each[0].curve(t) != nil
	})
	if i < 0 {
		return "", fmt.Errorf("no run recorded it; recorded: %s",
			strings.Join(recorded(tables), ", "))
	}

	if s.Epoch != Final && !s.measured(tables) {
		return "", fmt.Errorf("no run recorded it at epoch %d", s.Epoch)
	}

	if s.Key != "" && !s.evolves() {
		if s.Key, err = fullKey(tables, s.Key); err != nil {
			return "", err
		}
	}

	if s.By != "" {
		if s.By, err = fullKey(tables, s.By); err != nil {
			return "", err
		}
	}

	switch {
	case s.By != "" && s.By == s.Key:
		return "", fmt.Errorf("key %s is given twice; want two that differ", s.Key)
	case s.Metric == CertifiedBound:
		return "best certified bound", nil
	case s.many():
		return figure.Words(s.Metric).Name, nil
	}

	return figure.Quantity(s.curve(tables[i])), nil
}

// measured reports whether any run has the metric at the epoch of the sweep.
func (s Sweep) measured(tables []*series.Table) bool {
	for _, one := range s.each(tables) {
		for _, t := range tables {
			if _, ok := one.curve(t).At(s.Epoch); ok {
				return true
			}
		}
	}
	return false
}

// recorded lists the metrics of runs, with labels as a sweep expects them.
func recorded(tables []*series.Table) (names []string) {
	for _, s := range sweepsOf(tables) {
		name := s.Metric
		if s.Label != "" {
			name += "[" + s.Label + "]"
		}
		names = append(names, name)
	}
	return names
}

// panels splits the runs by the second key if the sweep is drawn as panels.
func (s Sweep) panels(tables []*series.Table) ([]runset.Group, error) {
	if s.Form != Panels {
		return []runset.Group{{Runs: tables}}, nil
	}

	panels := s.byKey(tables)
	if len(panels) > mostPanels {
		return nil, fmt.Errorf("%s has %d values: at most %d panels can be read on one page",
			s.By, len(panels), mostPanels)
	}

	return panels, nil
}

// byKey groups runs by the value of the second key, in the order of the values.
func (s Sweep) byKey(tables []*series.Table) []runset.Group {
	var groups []runset.Group
	for _, level := range runset.Levels(tables, s.By) {
		runs := slices.DeleteFunc(slices.Clone(tables), func(t *series.Table) bool {
			return runset.KeyValue(t, s.By) != level
		})
		groups = append(
			groups,
			runset.Group{Name: runset.GroupName(runs[0], []string{s.By}), Runs: runs},
		)
	}
	return groups
}

// families returns the groups of runs that get a curve each, and what their means are over.
func (s Sweep) families(tables []*series.Table) (families []runset.Group, over string) {
	if s.Form == Curves && s.By != "" {
		return s.byKey(tables), "seeds and all other keys"
	}
	if s.Form == Panels {
		return runset.FamiliesOf(tables, s.Key, s.By)
	}
	return runset.FamiliesOf(tables, s.Key)
}

// draw draws one panel for some of the runs, in the colours that their families have among all
// runs.
func (s Sweep) draw(all, runs []*series.Table, name string) (*figure.Figure, string) {
	if s.Form == Map {
		return runset.MapOver(runs, s.Key, s.By, runset.Measure{Name: name, Of: s.valueOf})
	}

	families, over := s.families(all)
	each := s.each(all)
	count := len(families) * len(each)
	if count > runset.MostBands {
		return nil, fmt.Sprintf("%d curves; at most %d can be told apart",
			count, runset.MostBands)
	}

	x := runset.Abscissa{Name: s.Key, Log: true}
	if !s.evolves() {
		x = runset.AbscissaOver(all, s.Key)
	}

	y := figure.Axis{Name: s.axis(), Log: s.logarithmic(all)}
	p := figure.New(figure.Axis{Name: x.Name, Log: x.Log, Values: x.Values}, y)
	p.Epochs = s.Key == "epoch"

	at := runset.ByEpoch
	if s.Key == "updates" {
		at = runset.ByUpdate
	}

	var trends []runset.TrendRow
	ids := runset.IDs(all)
	for i, g := range families {
		g.Runs = slices.DeleteFunc(slices.Clone(g.Runs), func(t *series.Table) bool {
			return !slices.Contains(runs, t)
		})
		for k, one := range each {
			g, style := g, figure.RampStyle(i*len(each)+k, count)
			switch {
			case count == 1:
				style, g.Name = figure.BoldStroke(figure.Blue, "circle"), name
			case len(families) == 1:
				g.Name = figure.LabelWords(one.Label)
			case len(each) > 1:
				g.Name += ", " + figure.LabelWords(one.Label)
			}

			if s.evolves() {
				trends = append(
					trends,
					runset.DrawEvolution(p, g, style, one.curve, at).Trend(g.Name)...,
				)
			} else {
				m := runset.Measure{Name: g.Name, Style: style, Of: one.valueOf}
				trends = append(trends, runset.DrawOverSeeds(p, g.Runs, ids, x, m)...)
			}
		}
	}

	if !s.evolves() {
		p.AddVerticals("interpolation threshold", runset.Thresholds(runs, x)...)
	}

	averaged := runset.Averaged(p, ": means over "+over, ", one run a curve.")
	p.Table = runset.TrendTable(trends, "over "+p.X.Name)
	return p.Explain(figure.Capitalised(name) + averaged + runset.LeftOut(runs))
}

// axis returns the name of the metric on an axis.
func (s Sweep) axis() string {
	if s.Metric == CertifiedBound {
		return figure.BoundAxis
	}
	return figure.Words(s.Metric).Axis
}

// logarithmic reports whether a sweep needs a logarithmic axis: bounds always do, other values if
// they span a decade.
func (s Sweep) logarithmic(tables []*series.Table) bool {
	var values []float64
	for _, s := range s.each(tables) {
		for _, t := range tables {
			if !s.evolves() {
				values = append(values, s.valueOf(t))
			} else if c := s.curve(t); c != nil {
				values = append(values, c.Values...)
			}
		}
	}
	values = slices.DeleteFunc(values, func(v float64) bool {
		return !query.Finite(v)
	})
	return runset.Spreads(values) || s.axis() == figure.BoundAxis
}

// shareAxes gives figures of the same quantities the same range on both axes.
func shareAxes(figures []*figure.Figure) {
	var xs, ys []float64
	for _, f := range figures {
		for _, s := range f.Series {
			for _, m := range s.Marks {
				xs = append(xs, m.Value) // all marks of a sweep are vertical
			}
			for _, r := range s.Rows {
				if s.Shape != figure.Band && r.Drawable() {
					xs = append(xs, r[0])
					ys = append(ys, r[1])
				}
			}
		}
	}

	for _, f := range figures {
		shareAxis(&f.X, xs)
		shareAxis(&f.Y, ys)
	}
}

// shareAxis extends a numeric axis over the values; a logarithmic axis ignores values that are not
// positive.
func shareAxis(a *figure.Axis, values []float64) {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool {
		return a.Log && v <= 0
	})
	if len(values) > 0 && a.Values == nil {
		a.Low, a.High = slices.Min(values), slices.Max(values)
	}
}
