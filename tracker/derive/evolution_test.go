package derive

import (
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// table returns a table with a value of each metric at epochs 0, 1, 2, …, of 8 updates each, small
// enough to compute by hand.
func table(values map[string][]float64) *series.Table {
	t := series.NewTable(series.Header{})
	for metric, v := range values {
		for epoch, value := range v {
			t.Add(series.Point{Epoch: epoch, Step: 8 * epoch, Sample: series.Sample{Metric: metric, Value: series.Float(value)}})
		}
	}
	return t
}

func recorded() map[string][]float64 {
	return map[string][]float64{
		series.LowerBound:        {0.5, 7, 9},
		series.DataDiameter:      {4},
		series.ParameterJacobian: {10, 30, 20},
		series.UpdatePath:        {0, 1, 3},
		series.UpdateGradient:    {0, 0.25, 0.5},
		series.LearningRate:      {0.5, 1, 0.25},
	}
}

func TestEvolution(t *testing.T) {
	e, err := NewEvolution(table(recorded()))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.5, 15 + 0.5, 45 + 0.5}; !slices.Equal(e.Path, want) { // 2/4 · (10, 30, 30) · path
		t.Errorf("by path %v, want %v", e.Path, want)
	}
	if want := []float64{0.5, 15*0.25*1*8 + 0.5, 15*0.5*1*16 + 0.5}; !slices.Equal(e.Updates, want) {
		t.Errorf("by updates %v, want %v", e.Updates, want)
	}
	if !slices.Equal(e.Epochs, []int{0, 1, 2}) || !slices.Equal(e.Steps, []int{0, 8, 16}) {
		t.Errorf("at epochs %v, updates %v", e.Epochs, e.Steps)
	}
}

func TestEvolutionSaysWhatIsMissing(t *testing.T) {
	for metric := range recorded() {
		values := recorded()
		delete(values, metric)
		if _, err := NewEvolution(table(values)); err == nil || !strings.Contains(err.Error(), metric) {
			t.Errorf("without %s: error %v", metric, err)
		}
	}
}
