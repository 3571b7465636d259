package experiments

import (
	"slices"
	"sync"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// dataSource identifies a run's prepared data set: runs with equal sources share one.
type dataSource struct {
	data    dataset.Config
	beside  string // the folder of the configuration's file
	float64 bool
}

// datasets loads each data set once and keeps the most recently used ones.
type datasets struct {
	limit  int               // number of data sets to keep
	beside string            // the folder of the configurations' file, for callers that only have configurations
	note   func(text string) // called with messages about the data; nil for nobody

	mu      sync.Mutex
	entries []*datasetEntry // the most recently used last
	noted   []string        // messages passed to note
}

// datasetEntry is a data set that its first user loads.
type datasetEntry struct {
	source dataSource
	once   sync.Once
	data   *dataset.Dataset
	sum    func() string // of the data, computed on first use
	err    error
}

// get returns the data set of a config. Files may lie in the folder beside. Callers share the data
// set and must not change it.
func (d *datasets) get(c *config.Config, beside string) (*dataset.Dataset, error) {
	e := d.loadEntry(c, beside)
	return e.data, e.err
}

// loadEntry returns the entry of a data set, with the data or the error.
func (d *datasets) loadEntry(c *config.Config, beside string) *datasetEntry {
	// Do not hold the lock of the list while loading, so that runs on other data can proceed.
	e := d.entry(dataSource{c.Data, beside, c.Train.Float64})
	e.once.Do(func() {
		e.data, e.err = loadSafely(c, beside)
		e.sum = sync.OnceValue(e.data.Sum)
		if e.err == nil && d.note != nil {
			d.noteOnce(e.data.UnevenScales())
		}
	})

	return e
}

// noteOnce passes on a text unless it is empty or was passed on before: a sweep may load the same
// data several times.
func (d *datasets) noteOnce(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if text == "" || slices.Contains(d.noted, text) {
		return
	}

	d.noted = append(d.noted, text)
	d.note(text)
}

// loadSafely converts a panic to an error for all runs that need the data.
func loadSafely(c *config.Config, beside string) (data *dataset.Dataset, err error) {
	err = panics.Catch(func() (err error) {
		data, err = loadData(c, beside)
		return err
	})
	return data, err
}

func (d *datasets) entry(source dataSource) *datasetEntry {
	d.mu.Lock()
	defer d.mu.Unlock()

	// A known entry moves to the end of the list, behind the less recently used ones.
	e := &datasetEntry{source: source}
	for i, known := range d.entries {
		if known.source == source {
			e = known
			d.entries = append(d.entries[:i], d.entries[i+1:]...)
			break
		}
	}

	d.entries = append(d.entries, e)
	// Runs that still use a dropped entry keep its data; the next run that needs it loads it again.
	if len(d.entries) > d.limit {
		d.entries = d.entries[1:]
	}

	return e
}
