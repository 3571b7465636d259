package experiments

import (
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
)

// madeUp is a trial of a network of one hidden layer on 100 points, in which an update, an
// evaluation and a measurement take a microsecond, 10 and 100 for every hidden unit.
func madeUp(t *testing.T, width int, arguments ...string) *trial {
	t.Helper()
	c := configOf(t, append(arguments, "model.hidden="+string('0'+rune(width)))...)
	data, err := (&datasets{limit: 1}).get(c, "")
	if err != nil {
		t.Fatal(err)
	}
	unit := time.Duration(width) * time.Microsecond
	return &trial{
		config: c, data: data, update: unit, evaluation: 10 * unit,
		groups: map[config.Schedule]*timedMetrics{{}: {took: 100 * unit}},
	}
}

func configOf(t *testing.T, arguments ...string) *config.Config {
	t.Helper()
	e, err := config.Load("testdata/victim.yaml", config.Options{Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	return e.Runs[0].Config
}

// TestPointsOfATrial has networks so small that all points are measured, and one of which some are.
func TestPointsOfATrial(t *testing.T) {
	for _, test := range []struct {
		hidden string
		want   int // of the 100 training points
	}{
		{"8", 100},
		{"[4000,10000]", 22}, // 4.026e7 products a pass, 11 passes
	} {
		c := configOf(t, "model.hidden="+test.hidden)
		data, err := (&datasets{limit: 1}).get(c, "")
		if err != nil {
			t.Fatal(err)
		}
		made := &trial{config: c, data: data, groups: map[config.Schedule]*timedMetrics{}}
		points, err := probes(c, data, 1)
		if err != nil {
			t.Fatal(err)
		}

		n := made.pointsToMeasure()
		if err := made.addMetrics(points, n); err != nil {
			t.Fatal(err)
		}
		if min(n, 100) != test.want {
			t.Errorf("%s: %d points measured, want %d", test.hidden, n, test.want)
		}
		for _, g := range made.groups {
			// The 78 points left out cost what 22 cost beyond 2.
			if (g.fewer != nil) != (test.want < 100) || g.fewer != nil && g.beyond != 78./20 {
				t.Errorf("%s: each point stands for %g beyond it", test.hidden, g.beyond)
			}
		}

		few, part := made.firstPoints(n)
		trained := few.Train.Len()
		if trained < test.want || trained > max(test.want, c.Train.BatchSize) {
			t.Errorf("%s: trained on %d points", test.hidden, trained)
		}
		if want := float64(trained+few.Test.Len()) / float64(100+data.Test.Len()); part != want {
			t.Errorf("%s: %g of the points evaluated, want %g", test.hidden, part, want)
		}
	}
}

// TestPriceOfARun adds up by hand what runs cost between and beside the sizes that were tried.
func TestPriceOfARun(t *testing.T) {
	p := newPrices([]*trial{madeUp(t, 2), madeUp(t, 6)})
	for _, test := range []struct {
		arguments []string
		from      int
		updates   int           // 4 an epoch
		perUnit   time.Duration // of the hidden layer
	}{
		// 10 epochs, of which 0, 3, 6, 9 and the last are measured and evaluated.
		{[]string{"stop.epochs=10"}, 0, 40, 40 + 5*10 + 5*100},
		{[]string{"stop.epochs=10"}, 5, 20, 20 + 3*10 + 3*100},
		{[]string{"stop.epochs=9"}, 0, 36, 36 + 4*10 + 4*100},
		{[]string{"stop.epochs=10"}, 10, 0, 0},
		// With a target, every epoch that may end the run is evaluated; epoch 0 is recorded.
		{[]string{"stop.epochs=10", "stop.grad_norm=0.1"}, 0, 40, 40 + 11*10 + 5*100},
		{[]string{"stop.epochs=10", "stop.grad_norm=0.1", "stop.min_epochs=7"}, 0, 40, 40 + (4+3)*10 + 5*100},
		{[]string{"stop.epochs=10", "track.metrics=[layer_norms]"}, 0, 40, 40 + 5*100},
	} {
		for _, width := range []string{"2", "4", "6"} {
			c := configOf(t, append(test.arguments, "model.hidden="+width)...)
			updates, cost := p.priceOf(Task{config.Run{Config: c}, test.from})
			want := test.perUnit * time.Microsecond * time.Duration(c.Train.Hidden[0])
			if updates != test.updates || (cost-want).Abs() > time.Microsecond {
				t.Errorf("%v, width %s, from epoch %d: %d updates, %v; want %d, %v", test.arguments, width, test.from, updates, cost, test.updates, want)
			}
		}
	}
}

// TestEstimate tries the real thing: the updates are those that runs make, and the time is no
// less than that of the longest run.
func TestEstimate(t *testing.T) {
	e, err := config.Load("testdata/victim.yaml", config.Options{
		Arguments: []string{"model.hidden=2,3,4,5,6,7,8,[16,8]", "stop.epochs=3", "track.metrics=[default, {name: adversarial, every: 2}]"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var tasks []Task
	for _, run := range e.Runs {
		tasks = append(tasks, Task{Run: run})
	}
	got, err := NewEstimate(t.Context(), tasks, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got.Updates != 8*3*4 || got.Tried != maxTrials || got.Shapes != 8 || len(got.Uncounted) != 1 || got.Uncounted[0] != "adversarial" {
		t.Errorf("%+v", got)
	}
	var sum, longest time.Duration
	for _, alone := range got.Alone {
		sum, longest = sum+alone, max(longest, alone)
	}
	if longest <= 0 || got.Time < max(longest, sum/3) || got.Time > sum {
		t.Errorf("%v with 3 workers, for runs of %v", got.Time, got.Alone)
	}
}

// TestTrialTrainsAfterMeasuring, also where a first measurement takes longer than a trial: an
// update that was never made has no price.
func TestTrialTrainsAfterMeasuring(t *testing.T) {
	c := configOf(t, "data.train_size=0", "data.mnist1d.samples=5000", "train.batch_size=512", "model.hidden=2", "track.metrics=[alt_lower_bound, search_lower_bound]")
	trial, err := try(t.Context(), c, &datasets{limit: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if trial.updates == 0 {
		t.Error("no update was made")
	}
}

// TestWorkCountsPartialBatches as the trainer does.
func TestWorkCountsPartialBatches(t *testing.T) {
	for batch, updates := range map[string]int{"full": 1, "100": 1, "99": 2, "30": 4, "1000": 1} {
		c := configOf(t, "model.hidden=2", "train.batch_size="+batch)
		data, err := loadData(c, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := workOf(c, data).updates; got != updates {
			t.Errorf("batches of %s: %d updates, want %d", batch, got, updates)
		}
	}
}
