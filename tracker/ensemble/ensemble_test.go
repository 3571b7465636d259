package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	os.Exit(m.Run())
}

// tolerance covers the rounding of sums of some thousand terms.
const tolerance = 1e-11

func near(a, b float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

func matrix(r *rand.Rand, rows, cols int) *mat.Dense {
	return testnet.Matrix(rows, cols, func() float64 { return r.NormFloat64() / math.Sqrt(float64(cols)) })
}

// random returns an ensemble of networks with the given widths, input first.
func random(r *rand.Rand, networks int, a network.Activation, bias bool, widths ...int) []*network.Network {
	nets := make([]*network.Network, networks)
	var biases func() float64
	if bias {
		biases = r.NormFloat64
	}
	for s := range nets {
		nets[s] = testnet.Network(widths, a, a, func(in int) float64 { return r.NormFloat64() / math.Sqrt(float64(in)) }, biases)
	}
	return nets
}

// randomPoints returns slightly more points than a chunk, off the origin.
func randomPoints(r *rand.Rand, dim, classes int) Points {
	p := Points{Train: matrix(r, 150, dim), Test: matrix(r, 140, dim)}
	p.Test.Apply(func(_, _ int, v float64) float64 { return 3*v + 0.5 }, p.Test)
	for range 140 {
		p.Classes = append(p.Classes, r.IntN(classes))
	}
	return p
}

// measure returns the values by "metric label".
func measure(t *testing.T, nets []*network.Network, p Points) map[string]float64 {
	t.Helper()
	samples, err := Measure(nets, p)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, s := range samples {
		values[strings.TrimSpace(s.Metric+" "+s.Label)] = float64(s.Value)
	}
	return values
}

func compare(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok || !near(g, w) {
			t.Errorf("%s is %.17g, want %.17g", name, g, w)
		}
	}
}

// TestOppositeLinesInClosedForm takes f(x) = ax + b and f(x) = −ax + b on the points 1 and 3, both
// of the only class. Then f̄ is b, the Jacobian of f̄ is 0 and the variance 2a²x².
func TestOppositeLinesInClosedForm(t *testing.T) {
	const a, b = 0.75, 0.5
	line := func(slope float64) *network.Network {
		return &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(1, 1, []float64{slope}), Bias: []float64{b}}}}
	}
	p := Points{Train: mat.NewDense(1, 1, []float64{7}), Test: mat.NewDense(2, 1, []float64{1, 3}), Classes: []int{0, 0}}
	const squares, spread = 5, 1 // E x², E (x − 2)²
	compare(t, measure(t, []*network.Network{line(a), line(-a)}, p), map[string]float64{
		"variance":                        2 * a * a * squares,
		"expected_loss":                   (1-b)*(1-b) + a*a*squares,
		"bias":                            (1-b)*(1-b) - a*a*squares,
		"variance_bound at=zero,by=lower": 3 * a * a * squares,
		"variance_bound at=mean,by=lower": 3*a*a*spread + 3*2*a*a*4,
		"variance_bound at=zero,by=upper": 6 * a * a * squares,
		"variance_bound at=mean,by=upper": 6*a*a*spread + 3*2*a*a*4,
	})
}

// TestLinearNetworksInClosedForm takes linear networks, which have the Jacobian W_ζ everywhere and
// Var_ζ f(x) = xᵀ C x, where C is the sum over the outputs of the covariances of their weights.
func TestLinearNetworksInClosedForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	const networks, dim, outputs = 5, 6, 3
	nets := random(r, networks, network.Identity, false, dim, outputs)
	p := randomPoints(r, dim, outputs)
	average, covariance := mat.NewDense(outputs, dim, nil), mat.NewDense(dim, dim, nil)
	meanSquare, meanNorm := 0.0, 0.0

	for _, net := range nets {
		w := net.Layers[0].Weight
		average.Add(average, w)
		norm := linalg.SpectralNorm(w)
		meanSquare += norm * norm / networks
		meanNorm += norm / networks
	}

	average.Scale(1.0/networks, average)
	for _, net := range nets {
		var d, g mat.Dense
		d.Sub(net.Layers[0].Weight, average)
		g.Mul(d.T(), &d)
		g.Scale(1.0/(networks-1), &g)
		covariance.Add(covariance, &g)
	}

	variance, squares := 0.0, 0.0
	points, _ := p.Test.Dims()
	for i := range points {
		x := p.Test.RowView(i)
		variance += mat.Inner(x, covariance, x) / float64(points)
		squares += mat.Dot(x, x) / float64(points)
	}

	of := linalg.SpectralNorm(average)
	values := measure(t, nets, p)
	compare(t, values, map[string]float64{
		"variance":                        variance,
		"variance_bound at=zero,by=lower": 3 * (of*of + meanSquare) * squares,
	})

	// A certified norm exceeds the norm by a little.
	upper, least := values["variance_bound at=zero,by=upper"], 3*(meanNorm*meanNorm+meanSquare)*squares
	if upper < least || upper > least*(1+1e-9) {
		t.Errorf("the bound from upper bounds is %g, want a little more than %g", upper, least)
	}
}

// TestTwinPointByPoint compares with the definitions, written out point by point.
func TestTwinPointByPoint(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, widths := range [][]int{{5, 8, 3}, {3, 7, 6, 4}} {
		nets := random(r, 4, network.ReLU, true, widths...)
		p := randomPoints(r, widths[0], widths[len(widths)-1])
		got := measure(t, nets, p)
		loss, ofMean, variance := twinMoments(nets, p.Test, p.Classes)
		want := map[string]float64{"expected_loss": loss, "variance": variance, "bias": ofMean - variance/4}
		lower := twinLower(nets, p.Train)
		for name, at := range map[string][]float64{"zero": make([]float64, widths[0]), "mean": twinMean(p.Test)} {
			_, _, spread := twinMoments(nets, mat.NewDense(1, len(at), at), nil)
			want["variance_bound at="+name+",by=lower"] = 3*lower*twinDistance(p.Test, at) + 3*spread
		}
		compare(t, got, want)
	}
}

// twinMoments returns E ‖y − f‖², ‖y − f̄‖² and, from the differences of all pairs, the variance.
func twinMoments(nets []*network.Network, x *mat.Dense, classes []int) (loss, ofMean, variance float64) {
	points, _ := x.Dims()
	outputs := nets[0].Out()
	for i := range points {
		f := make([][]float64, len(nets))
		for s, net := range nets {
			f[s] = network.NewPass[float64](net, 1).Forward(x.RawRowView(i), 1)
		}
		for k := range outputs {
			y, average := 0.0, 0.0
			if classes != nil && classes[i] == k {
				y = 1
			}
			for s := range nets {
				average += f[s][k] / float64(len(nets))
				loss += math.Pow(f[s][k]-y, 2) / float64(len(nets))
				for other := range s {
					variance += math.Pow(f[s][k]-f[other][k], 2) / float64(len(nets)*(len(nets)-1))
				}
			}

			ofMean += math.Pow(average-y, 2)
		}
	}

	n := float64(points)
	return loss / n, ofMean / n, variance / n
}

// twinLower returns C̄² + E C_ζ² from singular values.
func twinLower(nets []*network.Network, x *mat.Dense) float64 {
	points, dim := x.Dims()
	norm := func(a mat.Matrix) float64 { return mat.Norm(singular(a), math.Inf(1)) }
	largest, ofMean := make([]float64, len(nets)), 0.0

	for i := range points {
		average := mat.NewDense(nets[0].Out(), dim, nil)
		for s, net := range nets {
			pass := network.NewPass[float64](net, 1)
			pass.Forward(x.RawRowView(i), 1)
			j := mat.NewDense(net.Out(), dim, pass.Jacobian(len(net.Layers)))
			largest[s] = max(largest[s], norm(j))
			average.Add(average, j)
		}
		average.Scale(1/float64(len(nets)), average)
		ofMean = max(ofMean, norm(average))
	}

	sum := ofMean * ofMean
	for _, c := range largest {
		sum += c * c / float64(len(nets))
	}
	return sum
}

// singular returns the singular values of a as a vector.
func singular(a mat.Matrix) mat.Matrix {
	var svd mat.SVD
	svd.Factorize(a, mat.SVDNone)
	values := svd.Values(nil)
	return mat.NewVecDense(len(values), values)
}

func twinMean(x *mat.Dense) []float64 {
	_, dim := x.Dims()
	mean := make([]float64, dim)
	for d := range mean {
		column := mat.Col(nil, d, x)
		for _, v := range column {
			mean[d] += v / float64(len(column))
		}
	}
	return mean
}

func twinDistance(x *mat.Dense, at []float64) float64 {
	rows, _ := x.Dims()
	sum := 0.0
	for i := range rows {
		var d mat.VecDense
		d.SubVec(x.RowView(i), mat.NewVecDense(len(at), at))
		sum += mat.Dot(&d, &d) / float64(rows)
	}
	return sum
}

// TestVarianceIsWithinItsCertifiedBounds checks this on random ensembles, and that the loss is bias
// plus variance.
func TestVarianceIsWithinItsCertifiedBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for i := range 60 {
		widths := []int{1 + r.IntN(4)}
		for range 1 + r.IntN(3) {
			widths = append(widths, 1+r.IntN(8))
		}
		a := []network.Activation{network.Identity, network.ReLU, network.LeakyReLU(0.1)}[i%3]
		nets := random(r, 2+r.IntN(9), a, i%2 == 0, widths...)
		if i%4 == 0 { // one network is unlike the others
			nets[0].Layers[0].Weight.Scale(100, nets[0].Layers[0].Weight)
		}
		v := measure(t, nets, randomPoints(r, widths[0], widths[len(widths)-1]))
		what := fmt.Sprintf("%d networks %v, %v", len(nets), widths, a)
		for name, bound := range v {
			if strings.HasPrefix(name, series.VarianceBound) && !strings.HasSuffix(name, "by=lower") && !(bound >= v[series.Variance]) {
				t.Errorf("%s: %s is %g, the variance %g", what, name, bound, v[series.Variance])
			}
		}

		for _, at := range []string{"zero", "mean"} {
			lower, upper, product := v["variance_bound at="+at+",by=lower"], v["variance_bound at="+at+",by=upper"], v["variance_bound at="+at+",by=product"]
			if !(lower <= upper*(1+tolerance) && upper <= product) {
				t.Errorf("%s: bounds at %s by lower %g, upper %g, product %g", what, at, lower, upper, product)
			}
		}

		if sum := v[series.Bias] + v[series.Variance]; !(math.Abs(sum-v[series.ExpectedLoss]) <= tolerance*v[series.ExpectedLoss]) {
			t.Errorf("%s: bias and variance are %g, the loss %g", what, sum, v[series.ExpectedLoss])
		}
	}
}

func TestGoroutinesChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	nets, p := random(r, 3, network.ReLU, true, 5, 12, 3), randomPoints(r, 5, 3)
	p.Goroutines = 1
	want, err := Measure(nets, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, p.Goroutines = range []int{0, 2, 5} {
		if got, err := Measure(nets, p); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d goroutines: %v, %v; one: %v", p.Goroutines, got, err, want)
		}
	}
}

func TestWithoutClassesThereIsNoBias(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	p := randomPoints(r, 4, 3)
	p.Classes = nil
	v := measure(t, random(r, 2, network.ReLU, false, 4, 6, 3), p)
	_, bias := v[series.Bias]
	_, loss := v[series.ExpectedLoss]
	if bias || loss || len(v) != 7 {
		t.Errorf("measured %v, want the variance and six bounds", v)
	}
}

func TestWhatCannotBeMeasuredIsAnError(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	two, p := random(r, 2, network.ReLU, false, 4, 6, 3), randomPoints(r, 4, 3)
	broken := random(r, 1, network.ReLU, false, 4, 6, 3)[0]
	broken.Layers[0].Weight.Set(0, 0, math.NaN())
	narrow, short, beyond, empty := p, p, p, p
	narrow.Train, short.Classes, empty.Test = matrix(r, 5, 3), p.Classes[1:], nil
	beyond.Classes = append([]int{3}, p.Classes[1:]...)

	for want, c := range map[string]struct {
		nets []*network.Network
		Points
	}{
		"two networks or more, not 1":                             {two[:1], p},
		"network 2 of the ensemble has 4 inputs and 2 outputs":    {[]*network.Network{two[0], random(r, 1, network.ReLU, false, 4, 2)[0]}, p},
		"network 2 of the ensemble: layer 1 has a parameter":      {[]*network.Network{two[0], broken}, p},
		"take 4 inputs, the training points have 3":               {two, narrow},
		"140 test points but 139 classes":                         {two, short},
		"test point 1 is of class 3, the networks have 3 outputs": {two, beyond},
		"there are no test points":                                {two, empty},
	} {
		if _, err := Measure(c.nets, c.Points); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// BenchmarkMeasure takes four networks of width 256 and as many points as the paper's MNIST-1D.
func BenchmarkMeasure(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 0))
	nets := random(r, 4, network.ReLU, false, 40, 256, 10)
	p := Points{Train: matrix(r, 4000, 40), Test: matrix(r, 1000, 40), Classes: make([]int, 1000)}
	for b.Loop() {
		if _, err := Measure(nets, p); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTargetsOfRegressions compares loss, bias and variance of each target, in the square of its
// unit, with explicit sums, and the totals with the sums over the targets.
func TestTargetsOfRegressions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	nets := random(r, 3, network.ReLU, true, 4, 9, 2)
	p := Points{Train: matrix(r, 20, 4), Test: matrix(r, 140, 4), Targets: matrix(r, 140, 2)}
	p.TargetNames, p.TargetUnits = []string{"power", "wear"}, []float64{50, 0.25}
	got := measure(t, nets, p)

	total := map[string]float64{}
	for k, name := range p.TargetNames {
		var loss, distance, variance float64
		for i := range 140 {
			var outputs []float64
			mean := 0.0
			for _, net := range nets {
				y := network.NewPass[float64](net, 1).Forward(p.Test.RawRowView(i), 1)[k]
				outputs = append(outputs, y)
				mean += y / 3
			}
			want := p.Targets.At(i, k)
			distance += (mean - want) * (mean - want) / 140
			for _, y := range outputs {
				loss += (y - want) * (y - want) / 3 / 140
				variance += (y - mean) * (y - mean) / 2 / 140
			}
		}

		unit := p.TargetUnits[k] * p.TargetUnits[k]
		for metric, want := range map[string]float64{
			series.ExpectedLoss: loss, series.Bias: distance - variance/3, series.Variance: variance,
		} {
			if value := got[metric+" target="+name]; !near(value, want*unit) {
				t.Errorf("%s of %s: %v, want %v", metric, name, value, want*unit)
			}
			total[metric] += want
		}
	}

	for metric, want := range total {
		if !near(got[metric], want) {
			t.Errorf("%s: %v, want %v", metric, got[metric], want)
		}
	}
	if !near(got[series.ExpectedLoss], got[series.Bias]+got[series.Variance]) {
		t.Errorf("%v is not the sum of bias and variance", got)
	}

	p.TargetNames = p.TargetNames[:1]
	if _, err := Measure(nets, p); err == nil || !strings.Contains(err.Error(), "140 test points and 2 outputs") {
		t.Errorf("error %v", err)
	}
}
