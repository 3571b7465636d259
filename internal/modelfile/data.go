package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/input"
)

// MetaData is the metadata of a checkpoint under which Data stand, as JSON.
const MetaData = "liptrack.data"

// Data are what a checkpoint of liptrack's says of the data that its network was trained on.
type Data struct {
	// Features are the names of the D inputs, Classes those of the K outputs; nil if unnamed.
	Features []string `json:"features,omitempty"`
	Classes  []string `json:"classes,omitempty"`
	// Label is the name of the column of the classes; "" if the data had none.
	Label string `json:"label,omitempty"`
	// Mean and Std are how the inputs were standardised, x becoming (x − Mean)/Std; length D, or
	// nil if they were not.
	Mean []float64 `json:"mean,omitempty"`
	Std  []float64 `json:"std,omitempty"`
	// Targets are the names of what the K outputs of a regression predict; nil if unnamed.
	// TargetMean and TargetStd say that the outputs are (target − TargetMean)/TargetStd; length K,
	// or nil if the network tells classes apart.
	Targets    []string  `json:"targets,omitempty"`
	TargetMean []float64 `json:"target_mean,omitempty"`
	TargetStd  []float64 `json:"target_std,omitempty"`
}

// IsRegression says whether the network was trained to predict numbers.
func (d Data) IsRegression() bool {
	return d.TargetMean != nil
}

// IsEmpty says whether nothing is known.
func (d Data) IsEmpty() bool {
	return d.Features == nil && d.Classes == nil && d.Label == "" && d.Mean == nil && d.Targets == nil &&
		d.TargetMean == nil
}

// String returns the data as metadata hold them.
func (d Data) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // texts and finite numbers
	}
	return string(text)
}

// readData reads the metadata on the data of a network.
func (m *model) readData(text string) error {
	var d Data
	err := json.Unmarshal([]byte(text), &d)
	if err != nil {
		return fmt.Errorf("metadata %s: %w", MetaData, err)
	}

	// The checkpoint's claims are compared with its layers before anybody relies on them.
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

// checkScaleOf refuses means and standard deviations, if there are any, that are not one of each of
// so many values.
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

// CheckFeatures refuses data whose columns are not the features that the network was trained on, in
// their order. It needs the names of both.
func (d Data) CheckFeatures(given []string) error {
	trained := d.Features
	if trained == nil || given == nil || len(trained) != len(given) {
		// Another number of features is an error of its own.
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
