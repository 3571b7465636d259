package tracker

import (
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// Every metric measures networks of convolutions, pools and residual blocks, or gives the reason
// why it does not. Means, lower and certified bounds are in order. Exact values equal the values of
// the network written out as matrices.
func TestLayersAreMeasured(t *testing.T) {
	for name, net := range testnet.Layered(generator(18)) {
		t.Run(name, func(t *testing.T) {
			s := snapshotOf(net)
			training := TrainingSet{X: s.Probes.X, Labels: s.Probes.Labels, Loss: losses.Objective{Loss: losses.CrossEntropy}}
			options := Options{Training: training, Jacobian: JacobianOptions{EveryLayer: true}}
			options.Enlarged.Combinations, options.LinearisationPoints = 10, 5
			options.Enlarged.Train = s.Probes.X
			options.Adversarial.Steps = 5
			values := map[string]float64{}
			local := map[string]float64{}
			var lower, upper []string

			for _, info := range Metrics {
				if info.Name == gridName || info.Name == series.UpperLipSDP {
					continue
				}
				m, err := NewMetric(info.Name, options)
				if err != nil {
					t.Fatal(err)
				}
				samples, err := m.Measure(s)
				if err != nil {
					t.Fatalf("%s: %v", info.Name, err)
				}
				for _, sample := range samples {
					v := float64(sample.Value)
					cheaper := sample.Metric == series.UpperSandwich // a value of another bound, with a reason
					if math.IsNaN(v) != (sample.Warning != "") && !cheaper {
						t.Errorf("%s %s is %v, warning %q", sample.Metric, sample.Label, v, sample.Warning)
					}
					if info.Name == series.LocalUpper {
						local[sample.Metric] = v
					}
					if sample.Label != "" || math.IsNaN(v) {
						continue
					}
					values[sample.Metric] = v
					switch sample.Kind {
					case series.Certified:
						upper = append(upper, sample.Metric)
					case series.Lower:
						lower = append(lower, sample.Metric)
					}
				}
			}

			if !(values[series.JacobianMean] <= values[series.JacobianRMS] && values[series.JacobianRMS] <= values[series.LowerBound]) {
				t.Errorf("mean %v, rms %v, lower %v", values[series.JacobianMean], values[series.JacobianRMS], values[series.LowerBound])
			}
			pools := slices.ContainsFunc(net.Layers, func(l network.Layer) bool { return l.Pool != nil })
			above := local[series.LocalUpper] >= local[series.LocalLower]
			if above == pools || !(local[series.LocalLower] > 0) || local[series.LocalUpper] > values[series.UpperBest] {
				t.Errorf("within neighbourhoods: %v; everywhere %v", local, values[series.UpperBest])
			}
			for _, u := range upper {
				for _, l := range lower {
					if values[l] > values[u] {
						t.Errorf("%s %v is above %s %v", l, values[l], u, values[u])
					}
				}
			}
			if !slices.Contains(upper, series.UpperBest) || !slices.Contains(upper, series.UpperProduct) {
				t.Errorf("certified: %v", upper)
			}
		})
	}
}

const gridName = "grid"

// The norm of a convolution is the norm of its matrix; the norm of a pool is its Lipschitz
// constant.
func TestNormsOfLayers(t *testing.T) {
	net := testnet.Layered(generator(19))["overlapping"]
	values := measure(t, layerNorms{}, snapshotOf(net))
	m := network.Matrix(net.Layers[0].Map)

	for key, want := range map[string]float64{
		series.SpectralNorm + " layer=1":  linalg.SpectralNorm(m),
		series.FrobeniusNorm + " layer=1": linalg.FrobeniusNorm(m),
		series.SpectralNorm + " layer=2":  2,
		series.SpectralNorm + " layer=3":  linalg.SpectralNorm(net.Layers[2].Weight),
	} {
		if !near(values[key], want, 1e-9) {
			t.Errorf("%s: %v, want %v", key, values[key], want)
		}
	}
}
