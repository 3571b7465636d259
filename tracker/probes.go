package tracker

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/chunks"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// Probes are the points at which Jacobians are taken, and the resources to use.
type Probes struct {
	X *mat.Dense // N×D
	// Labels are the classes of the points; Targets, N×K, are the values that a regression should
	// predict. Only measurements of the loss need one of the two.
	Labels  []int
	Targets *mat.Dense
	// ChunkMB bounds the memory, in MB, of the chunk of points a goroutine works on, however
	// many points there are; 0 means 64. It decides the chunk size and with it the last bits of
	// the results.
	ChunkMB int
	// Goroutines is the number of goroutines that work on chunks concurrently; 0 means one per
	// processor. It changes no result.
	Goroutines int
	// Progress, if not nil, is called now and then with the number of points that a sweep has done,
	// never by two goroutines at once.
	Progress func(done, total int)

	// passes, if not nil, keeps the passes of a sweep for the next one.
	passes *passes
}

// Len returns the number N of points.
func (p Probes) Len() int { n, _ := p.X.Dims(); return n }

// Dim returns the number D of features.
func (p Probes) Dim() int { _, d := p.X.Dims(); return d }

// truth returns what a network should predict at the points.
func (p Probes) truth() losses.Truth {
	return losses.Truth{
		Labels:  p.Labels,
		Targets: p.Targets,
	}
}

// reach returns the largest magnitude of each feature over the points.
func (p Probes) reach() []float64 {
	reach := make([]float64, p.Dim())
	for i := range p.Len() {
		for d, v := range p.X.RawRowView(i) {
			reach[d] = max(reach[d], math.Abs(v))
		}
	}
	return reach
}

func (p Probes) validate() error {
	if p.X == nil || p.X.IsEmpty() {
		return fmt.Errorf("there are no points")
	}
	if p.Labels != nil && len(p.Labels) != p.Len() {
		return fmt.Errorf("%d points but %d labels", p.Len(), len(p.Labels))
	}
	truth := p.truth()
	if p.Targets != nil && truth.Len() != p.Len() {
		return fmt.Errorf("%d points but %d rows of targets", p.Len(), truth.Len())
	}
	return nil
}

// forPairs returns the points whose pairs are compared: all points, or a fixed random sample of
// pairPoints with its indices and a warning.
func (p Probes) forPairs() (points Probes, drawn []int, warning string) {
	n := p.Len()
	if n <= pairPoints {
		return p, nil, ""
	}
	drawn = rng.Stream(0, "pairs").Perm(n)[:pairPoints]
	warning = fmt.Sprintf("over the pairs of %d sampled probe points of %d", pairPoints, n)
	return p.only(drawn), drawn, warning
}

// only returns the points with these indices.
func (p Probes) only(index []int) Probes {
	of := p
	of.X = rowsOf(p.X, index)
	if p.Targets != nil {
		of.Targets = rowsOf(p.Targets, index)
	}

	if p.Labels != nil {
		of.Labels = make([]int, len(index))
		for row, i := range index {
			of.Labels[row] = p.Labels[i]
		}
	}

	return of
}

// rowsOf returns a matrix of the rows with these indices.
func rowsOf(m *mat.Dense, index []int) *mat.Dense {
	_, cols := m.Dims()
	rows := mat.NewDense(len(index), cols, nil)
	for row, i := range index {
		rows.SetRow(row, m.RawRowView(i))
	}
	return rows
}

// contiguous returns x itself, or a copy if there are gaps between its rows.
func contiguous(x *mat.Dense) *mat.Dense {
	if m := x.RawMatrix(); m.Stride != m.Cols {
		return mat.DenseCopyOf(x)
	}
	return x
}

const (
	defaultChunkMB = 64
	// fewestChunks is the number of chunks into which even a few points are cut, so that several
	// goroutines can share them.
	fewestChunks = 4
)

// chunk returns the number of points that fit the memory bound if each needs perPoint float64
// values.
func (p Probes) chunk(perPoint int) int {
	return chunks.Size(cmp.Or(p.ChunkMB, defaultChunkMB), perPoint)
}

// progressInterval is the least time between two progress reports. A sweep that takes less time
// reports none.
const progressInterval = time.Second / 2

// points are the points that a sweep runs over.
type points interface {
	// Len is the number of points.
	Len() int
	// rows returns n points starting at from, n×D, in the buffer or in its own memory. Calls run
	// concurrently.
	rows(from, n int, buffer []float64) []float64
}

func (p Probes) rows(from, n int, _ []float64) []float64 {
	return p.X.RawMatrix().Data[from*p.Dim() : (from+n)*p.Dim()]
}

// sweepPoints evaluates the network on all of the points, which may differ from p's own, chunk by
// chunk on several goroutines. It calls visit after the forward pass of each chunk of n points
// starting at from. Calls run concurrently. The chunks do not depend on the number of goroutines.
func (p Probes) sweepPoints(
	over points,
	net *network.Network,
	perPoint int,
	visit func(pass *network.Pass[float64], from, n int),
) {
	chunk := min(p.chunk(perPoint), powerOfTwo(chunks.Count(over.Len(), fewestChunks)))
	passes := p.passes.takePasses(
		net,
		chunk,
		min(p.goroutines(), chunks.Count(over.Len(), chunk)),
	)
	defer p.passes.give(chunk, passes)

	addDone := p.newProgress(over.Len())
	workers := make([]func(from, n int), len(passes))
	for w, pass := range passes {
		buffer := make([]float64, chunk*net.In())
		workers[w] = func(from, n int) {
			pass.Forward(over.rows(from, n, buffer[:n*net.In()]), n)
			visit(pass, from, n)
			addDone(n)
		}
	}

	chunks.Each(over.Len(), chunk, workers)
}

// powerOfTwo returns the smallest power of 2 that is at least n ≥ 1. Chunk sizes are rounded to it,
// so that few distinct sizes occur although sets of points change from epoch to epoch, and cached
// passes are reused.
func powerOfTwo(n int) int {
	return 1 << bits.Len(uint(n-1))
}

// passes keeps the passes of finished sweeps by chunk size, for reuse: networks change from epoch
// to epoch, but their sizes do not.
type passes struct {
	mu   sync.Mutex
	idle map[int][]*network.Pass[float64]
}

// takePasses returns n passes over the network that share its weights.
func (s *passes) takePasses(net *network.Network, chunk, n int) []*network.Pass[float64] {
	var of []*network.Pass[float64]
	// They are removed from the table, so that a concurrent sweep with the same chunk size makes
	// its own passes.
	if s != nil {
		s.mu.Lock()
		of = s.idle[chunk]
		delete(s.idle, chunk)
		s.mu.Unlock()
	}

	if len(of) == 0 || !of[0].Load(net) {
		of = []*network.Pass[float64]{network.NewPass[float64](net, chunk)}
	}

	of = of[:min(n, len(of))]
	for _, other := range of[1:] {
		other.Follow(of[0])
	}

	for len(of) < n {
		of = append(of, of[0].Share())
	}

	return of
}

// give keeps passes for the next sweep with this chunk size.
func (s *passes) give(chunk int, of []*network.Pass[float64]) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle[chunk] = of
}

// newProgress returns a function that a sweep calls when n more points are done.
func (p Probes) newProgress(total int) func(n int) {
	if p.Progress == nil {
		return func(int) {}
	}

	var mu sync.Mutex
	done, told := 0, time.Now()

	return func(n int) {
		mu.Lock()
		defer mu.Unlock()
		done += n
		// The end of the sweep needs no report.
		if time.Since(told) > progressInterval && done < total {
			told = time.Now()
			p.Progress(done, total)
		}
	}
}

func (p Probes) goroutines() int {
	return chunks.Goroutines(p.Goroutines)
}
