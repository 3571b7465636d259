package reproduction

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
)

// Price is an experiment with its remaining tasks and the cost of each run.
type Price struct {
	Experiment *config.Experiment
	Tasks      []experiments.Task
	// Costs are the times of the tasks on one processor, by run name, and Total is their sum.
	Costs map[string]time.Duration
	Total time.Duration
}

// Prices estimates the remaining time of each experiment on one processor.
func Prices(
	ctx context.Context,
	all []*config.Experiment,
	store experiments.Local,
	o experiments.Options,
) ([]Price, error) {
	var prices []Price
	for _, e := range all {
		p := Price{
			Experiment: e,
			Tasks:      experiments.NewPlan(e.Runs, store, o).Tasks,
			Costs:      map[string]time.Duration{},
		}
		// An estimate trains for a moment, which a finished experiment does not need.
		if len(p.Tasks) > 0 {
			estimate, err := experiments.NewEstimate(ctx, p.Tasks, o.Workers)
			if err != nil {
				return nil, fmt.Errorf("estimating the time of %s: %w", e.Name, err)
			}

			for i, t := range p.Tasks {
				p.Costs[t.Run.Name] = estimate.Alone[i]
				p.Total += estimate.Alone[i]
			}
		}

		prices = append(prices, p)
	}

	return prices, nil
}

// Affordable returns the experiments with the runs that fit into a given time on one processor. It
// goes through the experiments in order and takes the first seeds of each before the later ones.
// Finished runs stay.
func Affordable(prices []Price, left time.Duration) []*config.Experiment {
	var some []*config.Experiment
	for _, p := range prices {
		// The runs of one seed already cover every setting; a second seed only adds certainty.
		byRound := slices.Clone(p.Tasks)
		slices.SortStableFunc(byRound, func(a, b experiments.Task) int {
			return int(a.Run.Config.Train.Seed) - int(b.Run.Config.Train.Seed)
		})

		taken := map[string]bool{}
		for _, t := range byRound {
			cost := p.Costs[t.Run.Name]
			if cost <= left {
				left -= cost
				taken[t.Run.Name] = true
			}
		}

		if len(taken) == 0 {
			continue
		}

		// Finished runs have no cost and stay, since reports need them.
		part := *p.Experiment
		part.Runs = slices.DeleteFunc(slices.Clone(part.Runs), func(run config.Run) bool {
			_, toDo := p.Costs[run.Name]
			return toDo && !taken[run.Name]
		})

		some = append(some, &part)
	}

	return some
}
