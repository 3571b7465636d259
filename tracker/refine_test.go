package tracker

import (
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// coarseTolerance bounds the relative error of norms from products in float32.
const coarseTolerance = 2e-6

// Over many points, Jacobians are products in float32. Maxima still equal the values in float64,
// also over the correctly classified points and over the others, and everything else is close.
func TestCoarseNormsAgainstFloat64(t *testing.T) {
	r := generator(11)
	for trial, widths := range [][]int{{6, 40, 5}, {40, 64, 10}, {12, 30, 30, 4}, {5, 200, 3}, {8, 20, 20, 20, 6}} {
		for _, a := range []network.Activation{network.ReLU, network.LeakyReLU(0.1)} {
			net := randomNetwork(r, a, network.Identity, true, 1, widths...)
			p := Probes{X: randomPoints(r, 500, net.In(), 1), Labels: make([]int, 500)}
			for i := range p.Labels {
				p.Labels[i] = r.IntN(net.Out())
			}
			s := &Snapshot{Net: net, Probes: p}
			if !s.coarse() {
				t.Fatal("the products are in float64")
			}
			m := jacobian{JacobianOptions{Of: []Function{Logits, Softmax, Loss}, Norms: []Norm{Norm2, Norm1}, EveryLayer: true, Quantiles: []float64{0.25, 0.5}}}
			got, err := m.Measure(s)
			if err != nil {
				t.Fatal(err)
			}
			want := inParts(t, m, s)
			for _, sample := range got {
				key := sample.Metric + " " + sample.Label
				tolerance := coarseTolerance
				if sample.Metric == series.LowerBound {
					tolerance = 1e-12
				}
				if w, ok := want[key]; ok && math.Abs(float64(sample.Value)-w) > tolerance*w {
					t.Errorf("network %d: %s is %v, in float64 %v", trial, key, sample.Value, w)
				}
			}
			if len(want) < 10 {
				t.Fatalf("compared only %d values", len(want))
			}
		}
	}
}

// inParts returns maxima and means from measuring the points in parts that are small enough for
// float64.
func inParts(t *testing.T, m jacobian, s *Snapshot) map[string]float64 {
	t.Helper()
	const part = 100
	values := map[string]float64{}
	parts := float64(s.Probes.Len() / part)

	for from := 0; from < s.Probes.Len(); from += part {
		p := Probes{X: randomPoints(generator(1), part, s.Net.In(), 1), Labels: s.Probes.Labels[from : from+part]}
		copy(p.X.RawMatrix().Data, s.Probes.rows(from, part, nil))
		samples, err := m.Measure(&Snapshot{Net: s.Net, Probes: p})
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range samples {
			key := sample.Metric + " " + sample.Label
			switch v := float64(sample.Value); {
			case sample.Metric == series.LowerBound:
				values[key] = max(values[key], v)
			case sample.Metric == series.JacobianMean && !hasOutcome(sample.Label):
				values[key] += v / parts
			}
		}
	}

	return values
}

func hasOutcome(label string) bool {
	return slices.ContainsFunc([]string{"on=correct", "on=misclassified"}, func(end string) bool {
		return len(label) >= len(end) && label[len(label)-len(end):] == end
	})
}

// A network beyond the range of float32 is measured in float64.
func TestCoarseNormsStayInRange(t *testing.T) {
	r := generator(12)
	for _, scale := range []float64{1e-30, 1e30} {
		net := randomNetwork(r, network.ReLU, network.Identity, false, 1, 4, 8, 3)
		net.Layers[0].Weight.Scale(scale, net.Layers[0].Weight)
		s := &Snapshot{Net: net, Probes: Probes{X: randomPoints(r, 300, 4, 1)}}
		samples, err := jacobian{}.Measure(s)
		if err != nil {
			t.Fatal(err)
		}
		if v := float64(samples[0].Value); s.coarse() || !(v > scale/1e3 && v < scale*1e3) {
			t.Errorf("scale %g: coarse %v, lower bound %g", scale, s.coarse(), v)
		}
	}
}

func TestLargestOfAGroup(t *testing.T) {
	r := generator(13)
	for trial := range 200 {
		norms := make([]float64, 40)
		var g group
		for i := range norms {
			norms[i] = float64(r.IntN(10))
			if r.IntN(3) > 0 {
				g.points = append(g.points, i)
			}
		}

		n := 1 + r.IntN(12)
		got := g.largestNorms(norms, n)
		want := slices.Clone(g.points)
		slices.SortStableFunc(want, func(a, b int) int { return int(norms[b] - norms[a]) })
		want = want[:min(n, len(want))]
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("trial %d: %v, want %v of %v", trial, got, want, norms)
		}
	}
}
