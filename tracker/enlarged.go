package tracker

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// EnlargedOptions describe points other than the data at which Jacobians are taken, to see how
// close the lower bound is to the truth.
type EnlargedOptions struct {
	// Train and Test are the data; Test may be nil.
	Train, Test *mat.Dense
	// Combinations is the number of pairs drawn for each λ of each set; 0 means the paper's
	// 100,000.
	Combinations int
	// Noise lists the standard deviations of the Gaussian noise added to every training point.
	Noise []float64
}

// combinationWeights are the λ of the paper's convex combinations λx + (1−λ)y.
var combinationWeights = []float64{0.1, 0.2, 0.3, 0.4, 0.5}

// settings binds the settings of the points.
func (o *EnlargedOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Combinations, "track.enlarged.combinations", settings.Integer(1), 100_000,
		"pairs that enlarged_lower_bound combines for each weight and set (the paper's)")
	settings.Var(
		s,
		&o.Noise,
		"track.enlarged.noise",
		settings.List("increasing list of", settings.Positive, settings.IsIncreasing[float64]),
		[]float64{0.1, 0.2, 0.5},
		"standard deviations of the noise that noisy_lower_bound adds to training points",
	)
}

// enlargedSet is the paper's C_{S*} (Khromov and Singh 2024): the largest Jacobian norm over the
// training points, the test points, and convex combinations of random pairs within each of the two,
// 1,005,000 points on MNIST-1D. Pairs are drawn with replacement, the same ones at every epoch.
type enlargedSet struct {
	EnlargedOptions
	pairs []pair
}

type pair struct{ first, second int32 }

func newEnlargedSet(o EnlargedOptions) *enlargedSet {
	e := &enlargedSet{EnlargedOptions: o}
	for set, x := range e.sets() {
		n, _ := x.Dims()
		r := rng.Stream(0, "combinations", uint64(set))
		for range o.Combinations * len(combinationWeights) {
			e.pairs = append(e.pairs, pair{int32(r.IntN(n)), int32(r.IntN(n))})
		}
	}
	return e
}

func (e *enlargedSet) Measure(s *Snapshot) ([]series.Sample, error) {
	if e.Train == nil {
		return nil, fmt.Errorf("there are no training points to combine")
	}

	var over []placed
	for set, x := range e.sets() {
		over = append(over, wholeSet{Probes{X: contiguous(x)}, setNames[set]})
	}

	var largest series.Sample
	for _, points := range append(over, combinations{e}) {
		found := largestNorm(s, series.EnlargedLowerBound, points)
		// A proved value replaces an unproved one, regardless of their sizes.
		unproved := math.IsNaN(float64(largest.Value))
		if largest.At == nil || unproved && found.Warning == "" || found.Value > largest.Value {
			largest = found
		}
	}

	return []series.Sample{largest}, nil
}

// setNames are the names of sets.
var setNames = []string{series.TrainPoints, series.TestPoints}

// sets returns the sets whose points are combined.
func (e *enlargedSet) sets() []*mat.Dense {
	var all []*mat.Dense
	for _, x := range []*mat.Dense{e.Train, e.Test} {
		if x != nil && !x.IsEmpty() {
			all = append(all, x)
		}
	}
	return all
}

// wholeSet contains all points of a set.
type wholeSet struct {
	Probes
	name string
}

func (w wholeSet) place(i int) *series.Place {
	return &series.Place{Set: w.name, Points: []int{i}}
}

// combinations are the convex combinations: for each set, for each λ, Combinations of them.
type combinations struct{ *enlargedSet }

func (c combinations) Len() int { return len(c.pairs) }

func (c combinations) rows(from, n int, buffer []float64) []float64 {
	dim := len(buffer) / n
	sets := c.sets()
	for i := range n {
		set, lambda := c.origin(from + i)
		pair := c.pairs[from+i]
		point := buffer[i*dim : (i+1)*dim]
		floats.ScaleTo(point, lambda, sets[set].RawRowView(int(pair.first)))
		floats.AddScaled(point, 1-lambda, sets[set].RawRowView(int(pair.second)))
	}
	return buffer
}

// origin returns the set of a combination and the weight of its first point.
func (c combinations) origin(i int) (set int, lambda float64) {
	perSet := c.Combinations * len(combinationWeights)
	return i / perSet, combinationWeights[i%perSet/c.Combinations]
}

func (c combinations) place(i int) *series.Place {
	set, lambda := c.origin(i)
	pair := c.pairs[i]
	return &series.Place{
		Set:    setNames[set],
		Points: []int{int(pair.first), int(pair.second)},
		Weight: lambda,
	}
}

// noisyPoints is the largest Jacobian norm over the training points with Gaussian noise added
// (the paper's out-of-distribution points), one series for each standard deviation.
type noisyPoints struct{ EnlargedOptions }

func (m noisyPoints) Measure(s *Snapshot) ([]series.Sample, error) {
	if m.Train == nil {
		return nil, fmt.Errorf("there are no training points to add noise to")
	}

	var samples []series.Sample
	for i, deviation := range m.Noise {
		found := largestNorm(
			s,
			series.NoisyLowerBound,
			noisy{contiguous(m.Train), deviation, uint64(i)},
		)
		found.Label = fmt.Sprintf("noise=%g", deviation)
		samples = append(samples, found)
	}

	return samples, nil
}

// noisy are points with noise. The noise of each point has its own stream.
type noisy struct {
	x         *mat.Dense
	deviation float64
	stream    uint64
}

func (p noisy) Len() int { n, _ := p.x.Dims(); return n }

func (p noisy) rows(from, n int, buffer []float64) []float64 {
	dim := len(buffer) / n
	for i := range n {
		// Each point has its own stream, so that its noise does not depend on the chunks.
		r := rand.New(rand.NewPCG(p.stream, uint64(from+i)))
		for d, v := range p.x.RawRowView(from + i) {
			buffer[i*dim+d] = v + p.deviation*r.NormFloat64()
		}
	}
	return buffer
}

func (p noisy) place(i int) *series.Place {
	x := p.rows(i, 1, make([]float64, p.x.RawMatrix().Cols))
	return &series.Place{
		Set:    series.TrainPoints,
		Points: []int{i},
		X:      coordinates(x),
	}
}

// placed are points whose places can be recorded.
type placed interface {
	points
	place(i int) *series.Place
}

// largestNorm returns a sample of the largest 2-norm of the network's Jacobian at any of the
// points, less its rounding error. The place is the first point with that norm.
func largestNorm(s *Snapshot, metric string, over placed) series.Sample {
	norms := normsOver(s, over)
	at := floats.MaxIdx(norms)
	x := over.rows(at, 1, make([]float64, s.Net.In()))
	return reachedSample(s, metric, norms[at], x, over.place(at))
}

// normsOver returns the 2-norm of the network's Jacobian at each of the points.
func normsOver(s *Snapshot, over points) []float64 {
	return normsOf(networkJacobians, s, over, s.Net.ForwardCost()+s.Net.JacobianCost())
}

// normsOf returns, for each point, the 2-norm of the matrix that of returns, which takes perPoint
// float64 values.
func normsOf(
	of func(*network.Network, *network.Pass[float64], int) jacobians,
	s *Snapshot,
	over points,
	perPoint int,
) []float64 {
	norms := make([]float64, over.Len())
	s.Probes.sweepPoints(over, s.Net, perPoint, func(pass *network.Pass[float64], from, n int) {
		Norm2.each(norms[from:from+n], of(s.Net, pass, n))
	})
	return norms
}
