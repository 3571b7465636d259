package experiments

import (
	"slices"
	"sync"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// dataSource is what decides a run's prepared data set: runs that agree in it share one.
type dataSource struct {
	data    dataset.Config
	beside  string // the folder of the configuration's file
	float64 bool
}

// datasets loads each data set once and keeps the most recently used.
type datasets struct {
	limit  int               // data sets kept at least
	beside string            // the folder of the configurations' file, for those who know the configurations alone
	note   func(text string) // is told what users should know of their data; nil for nobody

	mu      sync.Mutex
	entries []*datasetEntry // the most recently used last
	noted   []string        // what note was told
}

// datasetEntry is a data set that is loaded by whoever asks first.
type datasetEntry struct {
	source dataSource
	once   sync.Once
	data   *dataset.Dataset
	sum    func() string // of the data, computed for the first run that asks
	err    error
}

// get returns the data set of a config, of which files may be in the folder beside. Its users share
// it and must not change it.
func (d *datasets) get(c *config.Config, beside string) (*dataset.Dataset, error) {
	e := d.load(c, beside)
	return e.data, e.err
}

// load returns the entry of that data set with the data or the error.
func (d *datasets) load(c *config.Config, beside string) *datasetEntry {
	// The lock of the list is not held while data load: runs on other data go on meanwhile.
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

// noteOnce tells a text that is not empty and was not told before: a set may load the same data
// anew.
func (d *datasets) noteOnce(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if text == "" || slices.Contains(d.noted, text) {
		return
	}

	d.noted = append(d.noted, text)
	d.note(text)
}

// loadSafely makes an error of a panic, for all runs that want the data.
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

	// A known entry moves to the end, behind all that were used less recently.
	e := &datasetEntry{source: source}
	for i, known := range d.entries {
		if known.source == source {
			e = known
			d.entries = append(d.entries[:i], d.entries[i+1:]...)
			break
		}
	}

	d.entries = append(d.entries, e)
	// Whoever still uses an entry that is dropped here keeps its data; the next to ask loads them
	// again.
	if len(d.entries) > d.limit {
		d.entries = d.entries[1:]
	}

	return e
}
