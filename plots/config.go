package plots

import (
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Keys of a header's configuration that pages understand. Each is optional: what a page would
// say or draw because of it is left out where it is absent. Everything else in the
// configuration is shown as it is.
const (
	keyAbout      = "description"      // what the experiment shows
	keyHidden     = "model.hidden"     // widths of the hidden layers, "[64, 64]"
	keyActivation = "model.activation" // of the hidden layers
	keyParameters = "model.parameters" // number of parameters p
	keyData       = "data.name"        // name of the data set
	keyPoints     = "data.points"      // number of training points n
	keyClasses    = "data.classes"     // number of classes K
	keyLoss       = "train.loss"       // cross_entropy, mse, ...
	keyGiveUpLoss = "stop.give_up.train_loss"
)

// configInt returns a whole number from the configuration.
func configInt(t *series.Table, key string) (int, bool) {
	n, err := strconv.Atoi(t.Header.Config[key])
	return n, err == nil
}

// configFloat returns a number from the configuration, 0 where there is none.
func configFloat(t *series.Table, key string) float64 {
	v, err := strconv.ParseFloat(t.Header.Config[key], 64)
	if err != nil {
		return 0
	}
	return v
}

// hiddenUnits returns how many hidden units a network has in all, which for one hidden layer
// is its width.
func hiddenUnits(t *series.Table) (int, bool) {
	list := strings.Trim(t.Header.Config[keyHidden], "[] ")
	units := 0
	for field := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, false
		}
		units += n
	}
	return units, units > 0
}

// common returns the value that all runs have of a key; ok is false where they differ or none
// has it.
func common(tables []*series.Table, key string) (value string, ok bool) {
	value, ok = tables[0].Header.Config[key]
	for _, t := range tables {
		if v, has := t.Header.Config[key]; !has || v != value {
			return "", false
		}
	}
	return value, ok
}

// varyingKeys lists the keys in which the runs differ, sorted, without seeds and without what
// follows from the widths.
func varyingKeys(tables []*series.Table) []string {
	// A run that failed before it measured anything lacks what only its data would have told.
	if began := slices.DeleteFunc(slices.Clone(tables), hasNothing); len(began) > 0 {
		tables = began
	}

	var keys []string
	for _, t := range tables {
		for key := range t.Header.Config {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool {
		_, same := common(tables, key)
		return same || key == "seed" || strings.HasSuffix(key, ".seed") || key == keyParameters || key == keyAbout
	})
}

// hasNothing reports whether a run has measured nothing yet.
func hasNothing(t *series.Table) bool { return len(t.Metrics()) == 0 }
