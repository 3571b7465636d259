package tracker

import (
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// checkPlaces evaluates every lower bound of the logits in the 2-norm at its recorded place and
// checks that the result is no smaller. The training points are the probe points.
func checkPlaces(t *testing.T, s *Snapshot, samples []series.Sample) {
	t.Helper()
	for _, sample := range samples {
		if sample.Kind != series.Lower {
			if sample.At != nil {
				t.Errorf("%s %s, %s, has a place", sample.Metric, sample.Label, sample.Kind)
			}
			continue
		}
		if sample.At == nil {
			t.Errorf("%s %s has no place", sample.Metric, sample.Label)
			continue
		}

		if found := evaluatedAt(s, sample); !(found >= float64(sample.Value)) || !near(found, float64(sample.Value), 1e-6) && found > 1e-12 {
			t.Errorf("%s %s = %v; at %+v it is %v", sample.Metric, sample.Label, sample.Value, *sample.At, found)
		}
	}
}

// evaluatedAt returns the Jacobian norm or the difference quotient at the place of a sample.
func evaluatedAt(s *Snapshot, sample series.Sample) float64 {
	at := sample.At
	x := mat.NewVecDense(s.Net.In(), nil)
	var other mat.Vector
	if len(at.Points) > 0 {
		x.CopyVec(s.Probes.X.RowView(at.Points[0]))
		other = s.Probes.X.RowView(at.Points[len(at.Points)-1])
	}

	for d, v := range at.X {
		x.SetVec(d, float64(v))
	}
	switch {
	case strings.HasSuffix(sample.Metric, "alt_lower_bound"):
		a, b := x.RawVector().Data, mat.Col(nil, 0, other)
		dx := blas64.Nrm2(difference(a, b))
		if dx == 0 {
			return 0
		}
		return blas64.Nrm2(difference(evaluate(s.Net, a), evaluate(s.Net, b))) / dx
	case at.Weight > 0:
		x.ScaleVec(at.Weight, x)
		x.AddScaledVec(x, 1-at.Weight, other)
	}

	net := s.Net
	if _, layer, ok := strings.Cut(sample.Label, "upto="); ok {
		k, _ := strconv.Atoi(layer)
		net = net.UpTo(k)
	}

	pass := network.NewPass[float64](net, 1)
	pass.Forward(x.RawVector().Data, 1)
	return linalg.SpectralNorm(mat.NewDense(net.Out(), net.In(), pass.Jacobian(len(net.Layers))))
}

// TestFirstPlaceOfEqualOnes checks that the first of several places with equal norms is recorded.
func TestFirstPlaceOfEqualOnes(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(50), network.Identity, network.Identity, true, 1, 4, 3)) // every point has the largest norm
	for _, goroutines := range []int{1, 4} {
		s.Probes.Goroutines = goroutines
		samples, err := jacobian{}.Measure(s)
		if err != nil {
			t.Fatal(err)
		}
		if at := samples[0].At; at.Points[0] != 0 || at.Classes[0] != s.Probes.Labels[0] {
			t.Errorf("attained at %+v, want point 0 of class %d", *at, s.Probes.Labels[0])
		}
	}
}
