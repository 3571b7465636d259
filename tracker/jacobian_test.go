package tracker

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// roundoff bounds the relative difference between two orders of float64 arithmetic on the small
// networks here.
const roundoff = 1e-10

// evaluate is a naive forward pass.
func evaluate(net *network.Network, x []float64) []float64 {
	for _, l := range net.Layers {
		var z mat.VecDense
		z.MulVec(l.Weight, mat.NewVecDense(len(x), x))
		x = z.RawVector().Data
		if l.Bias != nil {
			floats.Add(x, l.Bias)
		}
		network.Apply(l.Activation, x, nil)
	}
	return x
}

// differences returns the Jacobian of f at x by central differences. With this step the relative
// error is about 1e-8.
func differences(f func([]float64) []float64, x []float64) *mat.Dense {
	const h = 1e-6
	var j *mat.Dense
	for d := range x {
		up, down := slices.Clone(x), slices.Clone(x)
		up[d] += h
		down[d] -= h
		column := f(up)
		floats.Sub(column, f(down))
		floats.Scale(1/(2*h), column)
		if j == nil {
			j = mat.NewDense(len(column), len(x), nil)
		}
		j.SetCol(d, column)
	}

	return j
}

// TestJacobianNormsAreThoseOfDifferences compares every function and norm with central differences
// on smooth networks.
func TestJacobianNormsAreThoseOfDifferences(t *testing.T) {
	const tolerance = 1e-6
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, widths := range [][]int{{4, 3}, {4, 9, 3}, {4, 9, 8, 3}, {2, 9, 5}} {
		s := snapshotOf(randomNetwork(generator(3), tanh, network.Identity, true, 1, widths...))
		for loss, name := range losses.Names() {
			objective := losses.Objective{Loss: losses.Loss(loss), Temperature: []float64{0, 3, 0.5}[loss]}
			m := jacobian{JacobianOptions{
				Of: []Function{Logits, Softmax, Loss}, Norms: []Norm{Norm2, Norm1, NormInf}, Loss: objective,
			}}
			got := measure(t, m, s)
			for i, f := range functionsOf(s, objective) {
				want := map[Norm]float64{}
				for p := range s.Probes.Len() {
					j := differences(func(x []float64) []float64 { return f(p, x) }, s.Probes.X.RawRowView(p))
					var svd mat.SVD
					svd.Factorize(j, mat.SVDNone)
					want[Norm2] = max(want[Norm2], svd.Values(nil)[0])
					want[Norm1] = max(want[Norm1], mat.Norm(j, 1))
					want[NormInf] = max(want[NormInf], mat.Norm(j, math.Inf(1)))
				}

				for norm, v := range want {
					key := strings.TrimSpace(series.LowerBound + " " + target{last: true, function: Function(i), norm: norm}.label())
					if !near(got[key], v, tolerance) {
						t.Errorf("widths %v, loss %s: %s = %v, by differences %v", widths, name, key, got[key], v)
					}
				}
			}
		}
	}
}

// functionsOf returns, for each Function, its value at a point with the label of probe p.
func functionsOf(s *Snapshot, o losses.Objective) []func(p int, x []float64) []float64 {
	logits := func(_ int, x []float64) []float64 { return evaluate(s.Net, x) }
	scaled := func(p int, x []float64, temperature float64) []float64 {
		z := logits(p, x)
		floats.Scale(temperature, z)
		return z
	}

	softmaxOf := func(z []float64) []float64 {
		logSum := floats.LogSumExp(z)
		for k := range z {
			z[k] = math.Exp(z[k] - logSum)
		}
		return z
	}

	probabilities := func(p int, x []float64) []float64 { return softmaxOf(logits(p, x)) }
	lossOf := func(p int, x []float64) []float64 {
		label, z := s.Probes.Labels[p], scaled(p, x, cmp.Or(o.Temperature, 1))
		if o.Loss == losses.CrossEntropy {
			return []float64{-math.Log(softmaxOf(z)[label])}
		}
		z[label]--
		v := floats.Dot(z, z)
		if o.Loss == losses.MSEMean {
			v /= float64(len(z))
		}
		return []float64{v}
	}

	return []func(int, []float64) []float64{Logits: logits, Softmax: probabilities, Loss: lossOf}
}

// TestJacobianOfLinearNetwork compares every norm with the norm of the product of the weights.
func TestJacobianOfLinearNetwork(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(4), network.Identity, network.Identity, true, 1, 6, 5, 4))
	var w mat.Dense
	w.Mul(s.Net.Layers[1].Weight, s.Net.Layers[0].Weight)
	var svd mat.SVD
	svd.Factorize(&w, mat.SVDNone)
	want := svd.Values(nil)[0]
	got := measure(t, jacobian{JacobianOptions{Quantiles: []float64{0, 0.5, 1}}}, s)

	for key, v := range got {
		if !near(v, want, roundoff) {
			t.Errorf("%s = %v, want %v", key, v, want)
		}
	}
	if len(got) != 12 {
		t.Errorf("%d values: %v", len(got), got)
	}
}

func TestJacobianAfterEveryLayer(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(5), network.ReLU, network.ReLU, false, 1, 6, 9, 7, 4))
	all := measure(t, jacobian{JacobianOptions{EveryLayer: true}}, s)
	for k, key := range map[int]string{1: series.LowerBound + " upto=1", 2: series.LowerBound + " upto=2", 3: series.LowerBound} {
		part := &Snapshot{Net: s.Net.UpTo(k), Probes: s.Probes}
		want := measure(t, jacobian{}, part)[series.LowerBound]
		if !near(all[key], want, roundoff) {
			t.Errorf("%s = %v; the first %d layers alone have %v", key, all[key], k, want)
		}
	}
}

// TestSummaryIsOrdered checks mean ≤ rms ≤ max where rounding would put them out of order.
func TestSummaryIsOrdered(t *testing.T) {
	r := generator(6)
	for range 2000 {
		norms := make([]float64, 1+r.IntN(300))
		v := math.Exp(100 * r.NormFloat64())
		for i := range norms {
			norms[i] = v
			if r.IntN(4) == 0 {
				norms[i] *= 1 + 1e-15*r.NormFloat64()
			}
		}

		slices.Sort(norms)
		of := summaryOf(norms, accuracy{}, 0)
		if !(of.mean <= of.rms && of.rms <= of.lower && of.lower == norms[len(norms)-1] && near(of.mean, v, roundoff)) {
			t.Fatalf("of norms near %v: mean %v, rms %v, largest %v", v, of.mean, of.rms, of.lower)
		}
	}
}

func TestHistogramCountsEveryNorm(t *testing.T) {
	bins := histogram([]float64{0, 0, 0.5, 1, 1.05, 1.2, 1e300})
	want := []bin{{"0", 2}, {"0.446684", 1}, {"1", 2}, {"1.12202", 1}, {"1e+300", 1}}
	if !slices.Equal(bins, want) {
		t.Errorf("bins %v, want %v", bins, want)
	}
}

// TestOnlyLogitsHaveProvedBounds checks the kinds of the largest norms.
func TestOnlyLogitsHaveProvedBounds(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(8), network.ReLU, network.Identity, true, 1, 4, 9, 3))
	samples, err := jacobian{JacobianOptions{Of: []Function{Logits, Softmax, Loss}, EveryLayer: true}}.Measure(s)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[series.Kind]int{}
	for _, sample := range samples {
		if sample.Metric == series.LowerBound {
			kinds[sample.Kind]++
			if estimate := strings.Contains(sample.Label, "of="); estimate != (sample.Kind == series.Estimate) {
				t.Errorf("[%s] is of kind %s", sample.Label, sample.Kind)
			}
		}
	}
	if kinds[series.Lower] < 2 || kinds[series.Estimate] < 2 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestLossNeedsLabels(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(7), network.ReLU, network.Identity, false, 1, 4, 3))
	s.Probes.Labels = nil
	if _, err := (jacobian{JacobianOptions{Of: []Function{Loss}}}).Measure(s); err == nil || !strings.Contains(err.Error(), "labels") {
		t.Errorf("error %v, want one about labels", err)
	}
}
