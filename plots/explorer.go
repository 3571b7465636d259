package plots

import (
	"maps"
	"math"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// explorerNumbers is about how many numbers a page carries for its reader's own sweeps; it decides
// how many epochs there are to choose from, mostEpochs at most.
const (
	explorerNumbers = 20_000
	mostEpochs      = 24
)

// An explorer is what the script of a set's page needs to draw any metric against any key: every
// metric of every run at some epochs that all runs measured and at the end.
type explorer struct {
	Runs    []string         `json:"runs"` // IDs
	Seeds   []string         `json:"seeds"`
	Epochs  []int            `json:"epochs"`
	Metrics []explorerMetric `json:"metrics"`
	Keys    []explorerKey    `json:"keys"`
	// Demands are what the parameters of a run must exceed to interpolate; empty names for unknown.
	Demands []Mark `json:"demands"`
}

type explorerMetric struct {
	Name string `json:"name"`
	Axis string `json:"axis"`
	Log  bool   `json:"log"`
	// Values hold a number for each run, in a row for each epoch and one for the end.
	Values []Row `json:"values"`
}

type explorerKey struct {
	Name   string   `json:"name"`
	Log    bool     `json:"log,omitempty"`
	Values []string `json:"values"`
	// Numbers of the values; nil for names.
	Numbers    Row   `json:"numbers,omitempty"`
	Of         []int `json:"of"` // which value each run has
	Parameters bool  `json:"parameters,omitempty"`
}

// explore returns what a reader chooses from; nil where the runs differ in nothing.
func explore(tables []*series.Table) *explorer {
	keys := query.VaryingKeys(tables)
	if len(keys) == 0 {
		return nil
	}

	e := &explorer{}
	ids := runIDs(tables)
	for _, t := range tables {
		e.Runs, e.Seeds = append(e.Runs, ids[t]), append(e.Seeds, uintText(t.Header.Seed))
		d, _ := demandOf(t)
		e.Demands = append(e.Demands, Mark{d.name, float64(d.values)})
	}

	if slices.Contains(keys, keyHidden) && numeric(tables, keyParameters) {
		keys = append([]string{keyParameters}, keys...)
	}

	for _, key := range keys {
		e.Keys = append(e.Keys, explorerKeyOf(tables, key))
	}

	sweeps := sweepsOf(tables)
	e.Epochs = chosenEpochs(tables, explorerNumbers/(len(tables)*len(sweeps)+1)-1)
	for _, s := range sweeps {
		e.Metrics = append(e.Metrics, e.metric(tables, s))
	}

	return e
}

func explorerKeyOf(tables []*series.Table, key string) explorerKey {
	k := explorerKey{Name: KeyName(key), Values: levels(tables, key)}
	if key == keyParameters {
		k.Name, k.Parameters = parametersAxis, true
	}

	x := abscissaOver(tables, key)
	if key == keyHidden && numeric(tables, key) {
		x = abscissaAlong(tables, key, key)
	}

	if x.values == nil {
		k.Log, k.Numbers = x.log, make(Row, len(k.Values))
	}

	for _, t := range tables {
		i := slices.Index(k.Values, KeyValue(t, key))
		k.Of = append(k.Of, i)
		if k.Numbers != nil {
			k.Numbers[i] = x.of(t)
		}
	}

	return k
}

// sweepsOf lists the curves of runs that a reader may choose, the best certified bound among them;
// bins of histograms are left out.
func sweepsOf(tables []*series.Table) (sweeps []Sweep) {
	if slices.ContainsFunc(tables, func(t *series.Table) bool { return query.BestCertified(t) != nil }) {
		sweeps = append(sweeps, Sweep{Metric: CertifiedBound})
	}

	seen := map[[2]string]bool{}
	for _, t := range tables {
		for _, metric := range t.Metrics() {
			for _, label := range t.Labels(metric) {
				if id := [2]string{metric, label}; metric != series.JacobianHistogram && !seen[id] {
					seen[id] = true
					sweeps = append(sweeps, Sweep{Metric: metric, Label: label})
				}
			}
		}
	}

	return sweeps
}

func (e *explorer) metric(tables []*series.Table, s Sweep) explorerMetric {
	s.Epoch = Final
	name, _ := s.resolve(tables)
	m := explorerMetric{Name: name, Axis: s.axis(), Log: s.logarithmic(tables)}
	for _, epoch := range append(slices.Clone(e.Epochs), Final) {
		s.Epoch = epoch
		var row Row
		for _, t := range tables {
			row = append(row, s.value(t))
		}
		m.Values = append(m.Values, row)
	}
	return m
}

// chosenEpochs returns at most count epochs, evenly spaced in logarithms, at which every run that
// did not diverge measured something: of those about a place the one with the most curves.
func chosenEpochs(tables []*series.Table, count int) (epochs []int) {
	if runs := settled(tables); len(runs) > 0 {
		tables = runs
	}

	count = min(count, mostEpochs)
	if count < 1 {
		return nil
	}

	runs, curves := map[int]int{}, map[int]int{}
	for _, t := range tables {
		here := map[int]bool{}
		for _, metric := range t.Metrics() {
			for _, label := range t.Labels(metric) {
				for _, e := range t.Curve(metric, label).Epochs {
					here[e] = true
					curves[e]++
				}
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
