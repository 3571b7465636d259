package experiments

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/config"
)

// Shard is the i-th of n parts of a sweep, from 0.
type Shard struct{ Index, Count int }

// ParseShard reads a shard as "i/n", 0 ≤ i < n.
func ParseShard(text string) (Shard, error) {
	first, second, found := strings.Cut(text, "/")
	index, err1 := strconv.Atoi(first)
	count, err2 := strconv.Atoi(second)
	if !found || err1 != nil || err2 != nil || count < 1 || index < 0 || index >= count {
		return Shard{}, fmt.Errorf(
			"shard %.40q: want i/n, the i-th of n parts, where i is 0 to n−1",
			text,
		)
	}
	return Shard{index, count}, nil
}

// Of returns the shard's part of a list of runs, in their order. Together the shards have every run
// once. Long runs are spread evenly by their costs, which depend on their configurations alone, so
// that every machine shares out alike: in the order of their costs, each goes to the shard that has
// least.
func (s Shard) Of(runs []config.Run) []config.Run {
	costs, order := byCost(runs)
	// The first shards get a run each before any gets a second: those beyond the runs have none.
	shards := make(loads, min(s.Count, len(runs)))
	for i := range shards {
		shards[i].shard = i
	}

	// Every machine computes all shards and keeps its own, with no message between them.
	var mine []int
	for _, i := range order {
		least := &shards[0]
		if least.shard == s.Index {
			mine = append(mine, i)
		}

		least.cost += costs[i]
		least.runs++
		heap.Fix(&shards, 0)
	}

	// Within a shard the runs keep the order of the sweep.
	slices.Sort(mine)
	part := make([]config.Run, len(mine))
	for k, i := range mine {
		part[k] = runs[i]
	}

	return part
}

// LongestFirst returns runs in the order of their costs, so that whoever hands them out in turn
// ends with short ones.
func LongestFirst(runs []config.Run) []config.Run {
	_, order := byCost(runs)
	sorted := make([]config.Run, len(runs))
	for k, i := range order {
		sorted[k] = runs[i]
	}
	return sorted
}

// byCost returns the costs of runs, and their indices from the highest cost to the lowest.
func byCost(runs []config.Run) (costs []float64, order []int) {
	costs, order = make([]float64, len(runs)), make([]int, len(runs))
	counts := &prices{counts: map[span]int{}}
	for i, run := range runs {
		costs[i], order[i] = counts.costOf(run.Config), i
	}

	// Stable, so that machines agree on the order of runs of equal cost.
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(costs[b], costs[a])
	})

	return costs, order
}

// load is what a shard has got so far.
type load struct {
	cost        float64
	runs, shard int
}

func (l load) less(other load) bool {
	// Where costs are equal, as at first, the number of runs and then the index decide, the same
	// everywhere.
	order := cmp.Or(
		cmp.Compare(l.cost, other.cost),
		cmp.Compare(l.runs, other.runs),
		cmp.Compare(l.shard, other.shard),
	)
	return order < 0
}

// loads is a heap with the least load first.
type loads []load

func (l loads) Len() int { return len(l) }

func (l loads) Less(i, j int) bool {
	return l[i].less(l[j])
}

func (l loads) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
}

// Push and Pop are for package heap, which needs neither for what we ask of it.
func (*loads) Push(any) {}
func (*loads) Pop() any { return nil }

// Before data are read, inputs, outputs and points are taken for those of MNIST1D.
const assumedDim, assumedClasses, assumedPoints = 40, 10, 4000

// costOf returns about how many products a run takes, by its configuration alone: no clock, no data
// and no machine have a say in it.
func (p *prices) costOf(c *config.Config) float64 {
	points := float64(cmp.Or(c.Data.Preparation.TrainSize, assumedPoints))
	weights := math.Max(parametersOf(c.Train, assumedDim, assumedClasses), 1)
	epoch := weights * points

	// An update takes three passes, forward and back twice, for each gradient.
	training := float64(c.Train.Stop.Epochs) * 3 * float64(passes(c)) * epoch
	measuring := 0.0
	// A measurement takes about one pass backward for each class over all points.
	for _, m := range c.Track.Metrics {
		never := c.Train.Stop.Epochs + 1
		due := p.count(Task{Run: config.Run{Config: c}}, m.Schedule, never) - 1 // without epoch 0
		measuring += float64(due) * assumedClasses * epoch
	}
	return training + measuring
}
