package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/config"
)

// Shard is part Index of Count parts of a sweep, counted from 0.
type Shard struct{ Index, Count int }

// ParseShard parses a shard of the form "i/n", with 0 ≤ i < n.
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

// Of returns the shard's part of a list of runs, in the order of the list. Every run is in exactly
// one shard. The runs are assigned by decreasing cost, each to the shard with the lowest total so
// far. Costs depend only on the configurations, so that all machines compute the same assignment.
func (s Shard) Of(runs []config.Run) []config.Run {
	costs, order := byCost(runs)
	// Each of the first shards gets a run before any gets a second one; shards in excess of the
	// runs stay empty.
	shards := make([]load, min(s.Count, len(runs)))
	for i := range shards {
		shards[i].shard = i
	}

	// Every machine computes all shards and keeps its own, without any communication.
	var mine []int
	for _, i := range order {
		least := shards[0]
		if least.shard == s.Index {
			mine = append(mine, i)
		}

		least.cost += costs[i]
		least.runs++
		// Keep the shards sorted by their loads.
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

// LongestFirst sorts runs by decreasing cost, so that the last runs to be handed out are short.
func LongestFirst(runs []config.Run) []config.Run {
	_, order := byCost(runs)
	sorted := make([]config.Run, len(runs))
	for k, i := range order {
		sorted[k] = runs[i]
	}
	return sorted
}

// byCost returns the costs of runs, and their indices by decreasing cost.
func byCost(runs []config.Run) (costs []float64, order []int) {
	costs, order = make([]float64, len(runs)), make([]int, len(runs))
	counts := &prices{counts: map[span]int{}}
	for i, run := range runs {
		costs[i], order[i] = counts.costOf(run.Config), i
	}

	// Sort stably, so that machines agree on the order of runs of equal cost.
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(costs[b], costs[a])
	})

	return costs, order
}

// load is the total work of a shard so far.
type load struct {
	cost        float64
	runs, shard int
}

func compareLoads(a, b load) int {
	// If costs are equal, as they are at first, the number of runs and then the index decide, so
	// that the order is the same on every machine.
	return cmp.Or(
		cmp.Compare(a.cost, b.cost),
		cmp.Compare(a.runs, b.runs),
		cmp.Compare(a.shard, b.shard),
	)
}

// costOf returns the approximate number of multiplications of a run. It depends only on the
// configuration and not on clocks, data or the machine.
func (p *prices) costOf(c *config.Config) float64 {
	epoch := assumedEpoch(c)
	// For each gradient, an update takes one forward pass and a backward pass that costs twice as
	// much.
	training := float64(c.Train.Stop.Epochs) * 3 * float64(passes(c)) * epoch
	measuring := 0.0
	// A measurement takes about one backward pass per class over all points.
	for _, m := range c.Track.Metrics {
		never := c.Train.Stop.Epochs + 1
		due := p.countDue(Task{Run: config.Run{Config: c}}, m.Schedule, never) - 1 // without epoch 0
		measuring += float64(due) * float64(assumedShape.outputs) * epoch
	}
	return training + measuring
}

// assumedEpoch returns the approximate number of multiplications in a pass over all points.
func assumedEpoch(c *config.Config) float64 {
	points := cmp.Or(c.Data.Preparation.TrainSize, assumedShape.points)
	return max(weightsOf(c.Train, assumedShape), 1) * float64(points)
}
