package tracker

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// BenchmarkTrack measures an epoch with every default metric on 4,000 points of 40 features with 10
// outputs. This is the cost of a tracked epoch in addition to training.
func BenchmarkTrack(b *testing.B) {
	for _, hidden := range [][]int{{64}, {256}, {1024}, {4096}, {64, 64}, {256, 256}, {1024, 1024}} {
		name := strings.ReplaceAll(strings.Trim(fmt.Sprint(hidden), "[]"), " ", "x")
		b.Run("net="+name, func(b *testing.B) {
			r := generator(1)
			widths := append(append([]int{40}, hidden...), 10)
			net := randomNetwork(r, network.ReLU, network.Identity, false, 1, widths...)
			opts := Options{Jacobian: JacobianOptions{Quantiles: []float64{0.05, 0.25, 0.5, 0.75, 0.95}, Histogram: true}}
			var metrics []Scheduled

			for _, m := range Metrics {
				if m.Default {
					metrics = append(metrics, Scheduled{metricOf(b, m.Name, opts), Every(1)})
				}
			}

			t, err := New(Probes{X: randomPoints(r, 4000, 40, 1)}, metrics)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Track(context.Background(), 1, net, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
