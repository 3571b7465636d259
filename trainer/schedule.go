package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
)

// Schedule determines the learning rate of every update as a multiple of the base rate. The zero
// value is constant.
type Schedule struct {
	Kind ScheduleKind
	// StepEpochs is the number of epochs between two drops of StepDecay.
	StepEpochs int
	// Milestones are the epochs at which MultiStepDecay drops, in increasing order.
	Milestones []int
	// Gamma in (0, 1] is the factor per drop of StepDecay and MultiStepDecay, and per epoch of
	// ExponentialDecay.
	Gamma float64
	// Epochs is the length of CosineDecay; 0 stands for the length of training.
	Epochs int
	// MinFactor is the floor of StepDecay, ExponentialDecay and CosineDecay; default 0.
	MinFactor float64
	// WarmupUpdates is the number n of updates over which the factor rises linearly: update t,
	// counted from 1, has the factor t/n. The schedule proper begins after one more update at
	// factor 1, as in the paper's code. WarmupEpochs lengthens the warm-up by that many epochs. If
	// both are 0, there is no warm-up.
	WarmupUpdates, WarmupEpochs int
}

// ScheduleKind is the shape of a schedule, or a schedule of the paper's code.
type ScheduleKind int

// The shapes of schedules.
const (
	Constant ScheduleKind = iota
	StepDecay
	MultiStepDecay
	ExponentialDecay
	CosineDecay
)

// schedules is the table of learning-rate schedules.
var schedules = []struct {
	name string
	// uses lists the keys below train.schedule that the schedule reads.
	uses []string
	// factor returns the factor of an update, counted from 0 after the warm-up; nil means always 1.
	factor func(s Schedule, update, updatesPerEpoch int) float64
	// words describes the schedule; nil if its name is enough.
	words func(s Schedule) string
	// preset is the schedule that a name of the paper's code stands for; nil for a shape.
	preset *Schedule
}{
	Constant: {name: "constant", uses: warmup},
	StepDecay: {
		name:   "step",
		uses:   slices.Concat([]string{"step_epochs", "gamma", "min_factor"}, warmup),
		factor: stepFactor,
		words: func(s Schedule) string {
			return fmt.Sprintf("×%g every %d epochs", s.Gamma, s.StepEpochs)
		},
	},
	MultiStepDecay: {
		name:   "multistep",
		uses:   slices.Concat([]string{"gamma", "milestones"}, warmup),
		factor: multiStepFactor,
		words: func(s Schedule) string {
			return fmt.Sprintf("×%g at epochs %s",
				s.Gamma, strings.Trim(fmt.Sprint(s.Milestones), "[]"))
		},
	},
	ExponentialDecay: {
		name:   "exponential",
		uses:   slices.Concat([]string{"gamma", "min_factor"}, warmup),
		factor: exponentialFactor,
		words: func(s Schedule) string {
			return fmt.Sprintf("×%g every epoch", s.Gamma)
		},
	},
	CosineDecay: {
		name:   "cosine",
		uses:   slices.Concat([]string{"min_factor", "epochs"}, warmup),
		factor: cosineFactor,
		words: func(s Schedule) string {
			return fmt.Sprintf("cosine over %d epochs", s.Epochs)
		},
	},

	// The schedules of the paper's code (code/utils/lr_schedulers.py) under its names. It counts
	// updates, but all its drops fall on whole epochs.
	{name: "Const", preset: &Schedule{}},
	{
		name: "Step25",
		preset: &Schedule{
			Kind:       MultiStepDecay,
			Milestones: multiples(2500, 3),
			Gamma:      0.75,
		},
	},
	{
		name: "Step10",
		preset: &Schedule{
			Kind:       MultiStepDecay,
			Milestones: multiples(300, 9),
			Gamma:      0.75,
		},
	},
	{
		name: "Warmup20000Step25",
		preset: &Schedule{
			Kind:          MultiStepDecay,
			Milestones:    multiples(2500, 3),
			Gamma:         0.75,
			WarmupUpdates: 20000,
		},
	},
	{name: "Cont50", preset: &Schedule{
		Kind:       StepDecay,
		StepEpochs: 50,
		Gamma:      0.95,
	}},
	{name: "Cont100", preset: &Schedule{
		Kind:       StepDecay,
		StepEpochs: 100,
		Gamma:      0.95,
	}},
	{
		name: "Cont100LimitLR",
		preset: &Schedule{
			Kind:       StepDecay,
			StepEpochs: 100,
			Gamma:      0.95,
			MinFactor:  1e-3,
		},
	},
	{name: "Cont200", preset: &Schedule{
		Kind:       StepDecay,
		StepEpochs: 200,
		Gamma:      0.95,
	}},
	{name: "Cont1000", preset: &Schedule{
		Kind:       StepDecay,
		StepEpochs: 1000,
		Gamma:      0.95,
	}},
	{
		name: "Warmup20000Cont2500",
		preset: &Schedule{
			Kind:          StepDecay,
			StepEpochs:    2500,
			Gamma:         0.95,
			WarmupUpdates: 20000,
		},
	},
}

var warmup = []string{"warmup.updates", "warmup.epochs"}

// ScheduleNames lists the names of all schedules; the names of the paper's code come last.
func ScheduleNames() []string {
	names := make([]string, len(schedules))
	for i, row := range schedules {
		names[i] = row.name
	}
	return names
}

// settings binds the keys of the schedule.
func (r *Schedule) settings(s *settings.Set) {
	const section, decider = "train.schedule.", "train.schedule.name"
	// The table of schedules lists which keys each schedule reads.
	only := func(row *settings.Setting) {
		var names []string
		for _, schedule := range schedules {
			if slices.Contains(schedule.uses, strings.TrimPrefix(row.Key, section)) {
				names = append(names, schedule.name)
			}
		}

		row.OnlyWith(decider, names...)
	}

	epochs := settings.List(
		"increasing list of",
		settings.Integer(1),
		settings.IsIncreasing[int],
	)

	settings.Var(s, &r.Kind, decider, settings.Choice[ScheduleKind](ScheduleNames()), Constant,
		"learning-rate schedule")
	only(settings.Var(s, &r.StepEpochs, section+"step_epochs", settings.Integer(0), 0,
		"epochs between drops"))
	only(settings.Var(s, &r.Gamma, section+"gamma", settings.Factor, 0.95,
		"factor per drop, or per epoch if exponential"))
	only(settings.Var(s, &r.Milestones, section+"milestones", epochs, []int{},
		"epochs of the drops"))
	only(settings.Var(s, &r.MinFactor, section+"min_factor", settings.Fraction, 0,
		"smallest factor"))
	only(settings.Var(s, &r.Epochs, section+"epochs", settings.Integer(0), 0,
		"length of the decay in epochs; 0 for stop.epochs"))
	only(settings.Var(s, &r.WarmupUpdates, section+"warmup.updates", settings.Integer(0), 0,
		"updates of linear warm-up before the schedule begins"))
	only(settings.Var(s, &r.WarmupEpochs, section+"warmup.epochs", settings.Integer(0), 0,
		"epochs of linear warm-up, added to warmup.updates"))

	s.Rule(func() string {
		if r.Kind != StepDecay || r.StepEpochs > 0 {
			return ""
		}

		return "missing, want integer ≥ 1 with train.schedule.name step"
	}, section+"step_epochs", decider)
	s.Rule(func() string {
		if r.Kind != MultiStepDecay || len(r.Milestones) > 0 {
			return ""
		}

		return "missing, want one or more epochs with train.schedule.name multistep"
	}, section+"milestones", decider)
}

// Over returns the schedule with Epochs set to the given length of training if it is 0.
func (r Schedule) Over(epochs int) Schedule {
	if r.Epochs == 0 {
		r.Epochs = max(epochs, 1)
	}
	return r
}

// resolve returns the schedule that a name of the paper's code stands for. For any other schedule,
// it fills in Epochs if it is 0 and converts the warm-up to updates.
func (r Schedule) resolve(epochs, updatesPerEpoch int) Schedule {
	preset := schedules[r.Kind].preset
	if preset != nil {
		return *preset
	}

	r = r.Over(epochs)
	r.WarmupUpdates += r.WarmupEpochs * updatesPerEpoch
	r.WarmupEpochs = 0 // already counted, in case it is resolved again
	return r
}

func multiples(step, count int) []int {
	m := make([]int, count)
	for i := range m {
		m[i] = (i + 1) * step
	}
	return m
}

// PaperSchedule returns the schedule that has this name in the paper's code; ok is false for any
// other name.
func PaperSchedule(name string) (s Schedule, ok bool) {
	for _, row := range schedules {
		if row.name == name && row.preset != nil {
			return *row.preset, true
		}
	}
	return Schedule{}, false
}

// PaperScheduleNames lists the names that PaperSchedule knows.
func PaperScheduleNames() []string {
	return slices.DeleteFunc(ScheduleNames(), func(name string) bool {
		_, ok := PaperSchedule(name)
		return !ok
	})
}

// String describes the schedule in words.
func (r Schedule) String() string {
	text := schedules[r.Kind].name
	words := schedules[r.Kind].words
	if words != nil {
		text = words(r)
	}

	if r.MinFactor > 0 {
		text += fmt.Sprintf(", down to %g", r.MinFactor)
	}

	if r.WarmupUpdates > 0 {
		text += fmt.Sprintf(", after a linear warm-up of %d updates", r.WarmupUpdates)
	}

	return text
}

// Factor returns the factor on the base learning rate at an update, counted from 0, if an epoch has
// updatesPerEpoch updates.
func (r Schedule) Factor(update, updatesPerEpoch int) float64 {
	// The rise reaches 1 at update n − 1 and stays there for update n, as in the paper's code.
	if n := r.WarmupUpdates; n > 0 {
		if update <= n {
			return min(float64(update+1)/float64(n), 1)
		}

		update -= n + 1
	}

	factor := schedules[r.Kind].factor
	if factor == nil {
		return 1
	}
	return factor(r, update, updatesPerEpoch)
}

func stepFactor(s Schedule, update, updatesPerEpoch int) float64 {
	drops := update / updatesPerEpoch / s.StepEpochs
	return max(math.Pow(s.Gamma, float64(drops)), s.MinFactor)
}

func multiStepFactor(s Schedule, update, updatesPerEpoch int) float64 {
	drops, _ := slices.BinarySearch(s.Milestones, update/updatesPerEpoch+1)
	return math.Pow(s.Gamma, float64(drops))
}

func exponentialFactor(s Schedule, update, updatesPerEpoch int) float64 {
	return max(math.Pow(s.Gamma, float64(update/updatesPerEpoch)), s.MinFactor)
}

func cosineFactor(s Schedule, update, updatesPerEpoch int) float64 {
	done := min(float64(update)/float64(s.Epochs*updatesPerEpoch), 1)
	return s.MinFactor + (1-s.MinFactor)*(1+math.Cos(math.Pi*done))/2
}
