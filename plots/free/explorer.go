package free

import (
	"maps"
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// explorerNumbers is roughly how many numbers a page carries for its reader's own sweeps. It limits
// the number of epochs to choose from, which is at most mostEpochs.
const (
	explorerNumbers = 20_000
	mostEpochs      = 24
)

// Explore returns the data from which a reader draws sweeps, or nil if the runs do not differ.
func Explore(tables []*series.Table) *page.Explorer {
	keys := query.VaryingKeys(tables)
	if len(keys) == 0 {
		return nil
	}

	e := &page.Explorer{}
	ids := runset.IDs(tables)
	for _, t := range tables {
		e.Runs = append(e.Runs, ids[t])
		e.Seeds = append(e.Seeds, figure.FormatSeed(t.Header.Seed))
		d, _ := runset.DemandOf(t)
		e.Demands = append(e.Demands, figure.Mark{Name: d.Name, Value: float64(d.Values)})
	}

	if slices.Contains(keys, runset.KeyHidden) && runset.Numeric(tables, runset.KeyParameters) {
		keys = append([]string{runset.KeyParameters}, keys...)
	}

	for _, key := range keys {
		e.Keys = append(e.Keys, explorerKeyOf(tables, key))
	}

	sweeps := sweepsOf(tables)
	e.Epochs = chosenEpochs(tables, explorerNumbers/(len(tables)*len(sweeps)+1)-1)
	for _, s := range sweeps {
		e.Metrics = append(e.Metrics, exploredMetric(e.Epochs, tables, s))
	}

	return e
}

func explorerKeyOf(tables []*series.Table, key string) page.ExplorerKey {
	k := page.ExplorerKey{Name: runset.KeyName(key), Values: runset.Levels(tables, key)}
	if key == runset.KeyParameters {
		k.Name, k.Parameters = runset.ParametersAxis, true
	}

	x := runset.AbscissaOver(tables, key)
	if key == runset.KeyHidden && runset.Numeric(tables, key) {
		x = runset.AbscissaAlong(tables, key, key)
	}

	if x.Values == nil {
		k.Log, k.Numbers = x.Log, make(figure.Row, len(k.Values))
	}

	for _, t := range tables {
		i := slices.Index(k.Values, runset.KeyValue(t, key))
		k.Of = append(k.Of, i)
		if k.Numbers != nil {
			k.Numbers[i] = x.Of(t)
		}
	}

	return k
}

// sweepsOf lists the curves of runs that a reader may choose, including the best certified bound
// but not the bins of histograms.
func sweepsOf(tables []*series.Table) (sweeps []Sweep) {
	if slices.ContainsFunc(tables, func(t *series.Table) bool {
		return query.BestCertified(t) != nil
	}) {
		sweeps = append(sweeps, Sweep{Metric: CertifiedBound})
	}

	seen := map[Sweep]bool{}
	for _, t := range tables {
		for c := range query.Curves(t) {
			s := Sweep{Metric: c.Metric, Label: c.Label}
			if c.Metric != series.JacobianHistogram && !seen[s] {
				seen[s] = true
				sweeps = append(sweeps, s)
			}
		}
	}

	return sweeps
}

func exploredMetric(epochs []int, tables []*series.Table, s Sweep) page.ExplorerMetric {
	s.Epoch = Final
	name, _ := s.resolve(tables)
	m := page.ExplorerMetric{
		Name: name,
		Axis: s.axis(),
		Log:  s.logarithmic(tables),
	}
	for _, epoch := range append(slices.Clone(epochs), Final) {
		s.Epoch = epoch
		var row figure.Row
		for _, t := range tables {
			row = append(row, s.valueOf(t))
		}
		m.Values = append(m.Values, row)
	}
	return m
}

// chosenEpochs returns at most count epochs, evenly spaced in logarithms, at which every run that
// did not diverge has measurements. Among neighbouring epochs it prefers the one with the most
// curves.
func chosenEpochs(tables []*series.Table, count int) (epochs []int) {
	if runs := runset.Settled(tables); len(runs) > 0 {
		tables = runs
	}

	count = min(count, mostEpochs)
	if count < 1 {
		return nil
	}

	runs, curves := map[int]int{}, map[int]int{}
	for _, t := range tables {
		here := map[int]bool{}
		for c := range query.Curves(t) {
			for _, e := range c.Epochs {
				here[e] = true
				curves[e]++
			}
		}

		for e := range here {
			runs[e]++
		}
	}

	maps.DeleteFunc(runs, func(_, n int) bool { return n < len(tables) })
	common := slices.Sorted(maps.Keys(runs))
	if len(common) == 0 {
		return nil
	}

	last := math.Log1p(float64(common[len(common)-1])) + 1e-9
	place := -1
	for _, e := range common {
		at := int(math.Log1p(float64(e)) / last * float64(count))
		switch n := len(epochs) - 1; {
		case at > place:
			epochs, place = append(epochs, e), at
		case curves[e] >= curves[epochs[n]]:
			epochs[n] = e
		}
	}

	return epochs
}
