package series_test

import (
	"bytes"
	"fmt"
	"log"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// A series is a header, then one point per line. NaN and infinities are strings.
func ExampleWriter() {
	var file bytes.Buffer
	w := series.NewWriter(&file)
	if err := w.WriteHeader(series.Header{Run: "mine", Seed: 42, BLAS: "gonum"}); err != nil {
		log.Fatal(err)
	}
	for epoch, loss := range []float64{2.5, 1.25, math.NaN()} {
		if err := w.Append(epoch, 32*epoch, series.Sample{Metric: series.TrainLoss, Value: series.Float(loss), Kind: series.Exact}); err != nil {
			log.Fatal(err)
		}
	}

	if err := w.Flush(); err != nil {
		log.Fatal(err)
	}
	fmt.Print(file.String())
	// Output:
	// {"liptrack_series":1,"experiment":"","run":"mine","seed":42,"config_hash":"","blas":"gonum"}
	// {"epoch":0,"step":0,"metric":"train_loss","value":2.5,"kind":"exact"}
	// {"epoch":1,"step":32,"metric":"train_loss","value":1.25,"kind":"exact"}
	// {"epoch":2,"step":64,"metric":"train_loss","value":"NaN","kind":"exact"}
}

// A table has a curve for each metric and label.
func ExampleRead() {
	file := `{"liptrack_series":1,"run":"mine","seed":42}
{"epoch":0,"step":0,"metric":"spectral_norm","label":"layer=1","value":1.5,"kind":"exact"}
{"epoch":0,"step":0,"metric":"spectral_norm","label":"layer=2","value":2,"kind":"exact"}
{"epoch":1,"step":8,"metric":"spectral_norm","label":"layer=1","value":1.75,"kind":"exact"}
`

	table, err := series.Read(bytes.NewBufferString(file))
	if err != nil {
		log.Fatal(err)
	}
	for _, label := range table.Labels(series.SpectralNorm) {
		c := table.Curve(series.SpectralNorm, label)
		fmt.Println(label, c.Epochs, c.Values)
	}
	// Output:
	// layer=1 [0 1] [1.5 1.75]
	// layer=2 [0] [2]
}
