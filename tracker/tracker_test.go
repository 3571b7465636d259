package tracker

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/chunks"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestSchedules(t *testing.T) {
	for _, test := range []struct {
		first, every, log int
		want              []int // up to epoch 30
	}{
		{0, 10, 0, []int{0, 10, 20, 30}},
		{3, 10, 0, []int{0, 1, 2, 3, 10, 20, 30}},
		{0, 1, 3, []int{0, 1, 2, 5, 10, 22}},
	} {
		when, err := NewSchedule(test.first, test.every, test.log)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for epoch := range 31 {
			if when(epoch) {
				got = append(got, epoch)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("first %d, every %d, log %d: %v, want %v", test.first, test.every, test.log, got, test.want)
		}
	}

	for _, bad := range [][2]int{{0, 0}, {-1, 1}} {
		if _, err := NewSchedule(bad[0], bad[1], 0); err == nil {
			t.Errorf("first %d, every %d: no error", bad[0], bad[1])
		}
	}
}

// TestFirstAndLastEpochsAreMeasured also checks the metrics that are due in between.
func TestFirstAndLastEpochsAreMeasured(t *testing.T) {
	net := randomNetwork(generator(20), network.ReLU, network.Identity, false, 1, 3, 4, 2)
	tr, err := New(Probes{X: randomPoints(generator(21), 5, 3, 1)}, []Scheduled{{metricOf(t, series.UpperProduct, Options{}), Every(2)}})
	if err != nil {
		t.Fatal(err)
	}
	for epoch, want := range []int{1, 0, 1, 1} {
		last := epoch == 3
		if due := tr.Due(epoch, last); due != (epoch != 1) {
			t.Errorf("epoch %d: due %v", epoch, due)
		}
		samples, err := tr.Track(context.Background(), epoch, net, last)
		if err != nil || len(samples) != want {
			t.Errorf("epoch %d: %d samples, error %v, want %d", epoch, len(samples), err, want)
		}
	}
}

func TestTrackRefuses(t *testing.T) {
	probes := Probes{X: randomPoints(generator(22), 5, 3, 1)}
	tr, err := New(probes, nil)
	if err != nil {
		t.Fatal(err)
	}
	broken := randomNetwork(generator(23), network.ReLU, network.Identity, false, 1, 3, 2)
	broken.Layers[0].Weight.Set(1, 1, math.NaN())
	for want, net := range map[string]*network.Network{
		"NaN":     broken,
		"4 input": randomNetwork(generator(24), network.ReLU, network.Identity, false, 1, 4, 2),
	} {
		if _, err := tr.Track(context.Background(), 0, net, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tr.metrics = []Scheduled{{metricOf(t, series.UpperProduct, Options{}), Every(1)}}
	if _, err := tr.Track(ctx, 0, randomNetwork(generator(25), network.ReLU, network.Identity, false, 1, 3, 2), false); err != context.Canceled {
		t.Errorf("cancelled: error %v", err)
	}
	for name, bad := range map[string]Probes{
		"no points":    {},
		"other labels": {X: probes.X, Labels: []int{1}},
	} {
		if _, err := New(bad, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestProbesWithGaps checks that a view into a wider matrix is measured like its copy.
func TestProbesWithGaps(t *testing.T) {
	wide := randomPoints(generator(26), 9, 8, 1)
	view := wide.Slice(0, 9, 2, 5).(*mat.Dense)
	net := randomNetwork(generator(27), network.ReLU, network.Identity, true, 1, 3, 6, 2)
	var values []float64

	for _, x := range []*mat.Dense{view, mat.DenseCopyOf(view)} {
		tr, err := New(Probes{X: x}, []Scheduled{{metricOf(t, "jacobian", Options{}), Every(1)}})
		if err != nil {
			t.Fatal(err)
		}
		samples, err := tr.Track(context.Background(), 0, net, true)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, float64(samples[0].Value))
	}
	if values[0] != values[1] {
		t.Errorf("lower bound %v of the view, %v of the copy", values[0], values[1])
	}
}

// TestChunksStayWithinMemory checks that the chunk shrinks as points grow.
func TestChunksStayWithinMemory(t *testing.T) {
	p := Probes{X: mat.NewDense(1000, 1, nil), ChunkMB: 1}
	for perPoint, want := range map[int]int{10: chunks.Largest, 1 << 12: 32, 1 << 20: 1, 1 << 30: 1} {
		if got := p.chunk(perPoint); got != want {
			t.Errorf("%d numbers a point: chunks of %d, want %d", perPoint, got, want)
		}
	}
}

// TestSharedBoundsDoNotDependOnGoroutines runs the metrics that share the bounds of the network
// while a sweep of the points runs and after it. Of these, local_upper takes the best bound known
// so far.
func TestSharedBoundsDoNotDependOnGoroutines(t *testing.T) {
	var metrics []Scheduled
	for _, name := range []string{"jacobian", series.UpperProduct, series.UpperLipSDP, series.UpperBest, series.LocalUpper} {
		metrics = append(metrics, Scheduled{metricOf(t, name, Options{Local: LocalOptions{Radius: 2, Points: 3}}), Every(1)})
	}
	points := randomPoints(generator(30), 60, 6, 1)
	r := generator(31)
	for range 10 {
		net := randomNetwork(r, network.ReLU, network.Identity, true, 1, 6, 9, 8, 3)
		var want []series.Sample
		for _, goroutines := range []int{1, 3} {
			tr, err := New(Probes{X: points, Goroutines: goroutines}, metrics)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tr.Track(context.Background(), 1, net, false)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%d goroutines: samples\n%v\nwant\n%v", goroutines, got, want)
			}
		}
	}
}

// TestEpochsDoNotDependOnEachOther measures networks one after the other with one tracker, which
// keeps buffers, and each network with its own tracker, on one goroutine and on several. The
// samples are the same to the bit.
func TestEpochsDoNotDependOnEachOther(t *testing.T) {
	var metrics []Scheduled
	for _, m := range Metrics {
		if m.Default {
			metrics = append(metrics, Scheduled{metricOf(t, m.Name, Options{}), Every(1)})
		}
	}

	tracker := func(goroutines int) *Tracker {
		tr, err := New(Probes{X: randomPoints(generator(28), 300, 20, 1), Goroutines: goroutines}, metrics)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}

	kept := map[int]*Tracker{1: tracker(1), 3: tracker(3)}
	r := generator(29)
	for trial := range 6 {
		net := randomNetwork(r, network.ReLU, network.Identity, trial%2 == 0, 1, [][]int{{20, 30, 10}, {20, 40, 18, 3}}[trial/2%2]...)
		var want []series.Sample
		for _, tr := range []*Tracker{tracker(1), tracker(3), kept[1], kept[3]} {
			samples, err := tr.Track(context.Background(), 1, net, false)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = samples
			}
			if !reflect.DeepEqual(samples, want) {
				t.Fatalf("network %d: samples differ:\n%v\n%v", trial, samples, want)
			}
		}
	}
}

// TestFewPassesAreKept checks this for sweeps over sets of points of many sizes.
func TestFewPassesAreKept(t *testing.T) {
	net := randomNetwork(generator(30), network.ReLU, network.Identity, false, 1, 2, 3)
	p := Probes{X: randomPoints(generator(31), 1, 2, 1), Goroutines: 3, passes: &passes{idle: map[int][]*network.Pass[float64]{}}}
	for n := 1; n <= 600; n++ {
		seen := make([]bool, n)
		p.sweepPoints(Probes{X: mat.NewDense(n, 2, nil)}, net, 10, func(_ *network.Pass[float64], from, count int) {
			for i := range count {
				seen[from+i] = true
			}
		})
		if slices.Contains(seen, false) {
			t.Fatalf("of %d points some were not visited", n)
		}
	}
	if len(p.passes.idle) > 8 { // 1, 2, 4 … 128
		t.Errorf("passes of %d sizes are kept", len(p.passes.idle))
	}
}
