package experiments

import (
	"cmp"
	"fmt"
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
	shards := make([]load, min(s.Count, len(runs)))
	for i := range shards {
		shards[i].shard = i
	}

	// Every machine computes all shards and keeps its own, with no message between them.
	var mine []int
	for _, i := range order {
		least := shards[0]
		if least.shard == s.Index {
			mine = append(mine, i)
		}

		least.cost += costs[i]
		least.runs++
		// The shards stay in the order of their loads.
		at, _ := slices.BinarySearchFunc(shards[1:], least, compareLoads)
		copy(shards, shards[1:at+1])
		shards[at] = least
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

func compareLoads(a, b load) int {
	// Where costs are equal, as at first, the number of runs and then the index decide, the same
	// everywhere.
	return cmp.Or(
		cmp.Compare(a.cost, b.cost),
		cmp.Compare(a.runs, b.runs),
		cmp.Compare(a.shard, b.shard),
	)
}

// costOf returns about how many products a run takes, by its configuration alone: no clock, no data
// and no machine have a say in it.
func (p *prices) costOf(c *config.Config) float64 {
	epoch := assumedEpoch(c)
	// An update takes three passes, forward and back twice, for each gradient.
	training := float64(c.Train.Stop.Epochs) * 3 * float64(passes(c)) * epoch
	measuring := 0.0
	// A measurement takes about one pass backward for each class over all points.
	for _, m := range c.Track.Metrics {
		never := c.Train.Stop.Epochs + 1
		due := p.count(Task{Run: config.Run{Config: c}}, m.Schedule, never) - 1 // without epoch 0
		measuring += float64(due) * float64(assumedShape.outputs) * epoch
	}
	return training + measuring
}

// assumedEpoch returns about how many products a pass over all points takes.
func assumedEpoch(c *config.Config) float64 {
	points := cmp.Or(c.Data.Preparation.TrainSize, assumedShape.points)
	return max(weightsOf(c.Train, assumedShape), 1) * float64(points)
}
