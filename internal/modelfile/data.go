package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/input"
)

// MetaData is the metadata key of a checkpoint's Data, in JSON.
const MetaData = "liptrack.data"

// Data describes the data that the network of a liptrack checkpoint was trained on.
type Data struct {
	// Features names the D inputs, Classes the K outputs; nil if they have no names.
	Features []string `json:"features,omitempty"`
	Classes  []string `json:"classes,omitempty"`
	// Label is the name of the column with the classes, or "" if the data had none.
	Label string `json:"label,omitempty"`
	// Mean and Std, of length D, standardise the inputs to (x − Mean)/Std; nil if the inputs were
	// not standardised.
	Mean []float64 `json:"mean,omitempty"`
	Std  []float64 `json:"std,omitempty"`
	// Targets names the quantities that the K outputs of a regression predict; nil if they have no
	// names. TargetMean and TargetStd, of length K, standardise them: an output is (target −
	// TargetMean)/TargetStd. They are nil for a classifier.
	Targets    []string  `json:"targets,omitempty"`
	TargetMean []float64 `json:"target_mean,omitempty"`
	TargetStd  []float64 `json:"target_std,omitempty"`
}

// IsRegression reports whether the network was trained to predict numbers.
func (d Data) IsRegression() bool {
	return d.TargetMean != nil
}

// IsEmpty reports whether nothing is known about the data.
func (d Data) IsEmpty() bool {
	return d.Features == nil && d.Classes == nil && d.Label == "" && d.Mean == nil && d.Targets == nil &&
		d.TargetMean == nil
}

// String returns d in JSON, as metadata hold it.
func (d Data) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // cannot happen with strings and finite numbers
	}
	return string(text)
}

// readData parses the metadata about the data of a network.
func (m *model) readData(text string) error {
	var d Data
	err := json.Unmarshal([]byte(text), &d)
	if err != nil {
		return fmt.Errorf("metadata %s: %w", MetaData, err)
	}

	// Compare the checkpoint's claims with its layers before anything relies on them.
	in, out := m.layers[0].in(), m.layers[len(m.layers)-1].out()
	err = errors.Join(
		checkScaleOf("inputs", d.Mean, d.Std, in),
		checkScaleOf("outputs", d.TargetMean, d.TargetStd, out),
	)

	switch {
	case err != nil:
		return fmt.Errorf("metadata %s: %w", MetaData, err)
	case d.Features != nil && len(d.Features) != in:
		return fmt.Errorf("metadata %s: %d features of %d inputs",
			MetaData, len(d.Features), in)
	case d.Classes != nil && len(d.Classes) != out:
		return fmt.Errorf("metadata %s: %d classes of %d outputs",
			MetaData, len(d.Classes), out)
	case d.Targets != nil && len(d.Targets) != out:
		return fmt.Errorf("metadata %s: %d targets of %d outputs",
			MetaData, len(d.Targets), out)
	case d.Classes != nil && d.IsRegression():
		return fmt.Errorf("metadata %s: both classes and targets", MetaData)
	}

	d.Label = input.Printable(d.Label)
	for _, names := range [][]string{d.Features, d.Classes, d.Targets} {
		for i, name := range names {
			names[i] = input.Printable(name)
		}
	}

	m.data = d

	return nil
}

// checkScaleOf returns an error unless both mean and std are nil or both have count valid numbers.
func checkScaleOf(what string, mean, std []float64, count int) error {
	if mean == nil && std == nil {
		return nil
	}

	if len(mean) != count || len(std) != count {
		return fmt.Errorf(
			"%d means and %d standard deviations of %d %s",
			len(mean),
			len(std),
			count,
			what,
		)
	}

	for i := range mean {
		if math.IsNaN(mean[i]) || !(std[i] > 0) {
			return fmt.Errorf("mean %g and standard deviation %g", mean[i], std[i])
		}
	}

	return nil
}

// CheckFeatures returns an error if the given columns of a data set are not the features that the
// network was trained on, in the same order. If either has no names, it accepts the data.
func (d Data) CheckFeatures(given []string) error {
	trained := d.Features
	if trained == nil || given == nil || len(trained) != len(given) {
		// A different number of features is reported elsewhere.
		return nil
	}

	for i := range trained {
		if trained[i] != given[i] {
			return fmt.Errorf(
				"feature %d of the data is %s, but the model was trained with %s there: its features are %s",
				i+1,
				input.Quote(given[i]),
				input.Quote(trained[i]),
				input.QuoteNames(trained),
			)
		}
	}

	return nil
}
