package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/enum"
)

// Schedule gives the learning rate of every update as a factor of the base rate. The zero value
// is constant.
type Schedule struct {
	Kind ScheduleKind
	// StepEpochs is the number of epochs between two drops of StepDecay.
	StepEpochs int
	// Milestones are the epochs at which MultiStepDecay drops, ascending.
	Milestones []int
	// Gamma is the factor of a drop of StepDecay and MultiStepDecay, of an epoch of
	// ExponentialDecay; in (0, 1].
	Gamma float64
	// Epochs is the length of CosineDecay.
	Epochs int
	// MinFactor is the floor of StepDecay, ExponentialDecay and CosineDecay; default 0.
	MinFactor float64
	// WarmupUpdates is the number n of updates over which the factor rises linearly, t-th of
	// them (from 1) having t/n; the schedule proper begins after one more update at factor 1, as
	// the paper's code does. 0 for none.
	WarmupUpdates int
}

// ScheduleKind is the shape of a schedule.
type ScheduleKind int

// The shapes of schedules.
const (
	Constant ScheduleKind = iota
	StepDecay
	MultiStepDecay
	ExponentialDecay
	CosineDecay
)

var scheduleKinds = []string{
	Constant: "constant", StepDecay: "step", MultiStepDecay: "multistep",
	ExponentialDecay: "exponential", CosineDecay: "cosine",
}

// paperSchedules are the schedules of the paper's code (code/utils/lr_schedulers.py) by its
// names. Its clocks run in updates; all of them fall on whole epochs.
var paperSchedules = []struct {
	name     string
	schedule Schedule
}{
	{"Const", Schedule{}},
	{"Step25", Schedule{Kind: MultiStepDecay, Milestones: multiples(2500, 3), Gamma: 0.75}},
	{"Step10", Schedule{Kind: MultiStepDecay, Milestones: multiples(300, 9), Gamma: 0.75}},
	{"Warmup20000Step25", Schedule{Kind: MultiStepDecay, Milestones: multiples(2500, 3), Gamma: 0.75, WarmupUpdates: 20000}},
	{"Cont50", Schedule{Kind: StepDecay, StepEpochs: 50, Gamma: 0.95}},
	{"Cont100", Schedule{Kind: StepDecay, StepEpochs: 100, Gamma: 0.95}},
	{"Cont100LimitLR", Schedule{Kind: StepDecay, StepEpochs: 100, Gamma: 0.95, MinFactor: 1e-3}},
	{"Cont200", Schedule{Kind: StepDecay, StepEpochs: 200, Gamma: 0.95}},
	{"Cont1000", Schedule{Kind: StepDecay, StepEpochs: 1000, Gamma: 0.95}},
	{"Warmup20000Cont2500", Schedule{Kind: StepDecay, StepEpochs: 2500, Gamma: 0.95, WarmupUpdates: 20000}},
}

func multiples(step, count int) []int {
	m := make([]int, count)
	for i := range m {
		m[i] = (i + 1) * step
	}
	return m
}

// PaperSchedule returns the schedule that the paper's code calls by this name; ok is false for
// any other name.
func PaperSchedule(name string) (s Schedule, ok bool) {
	for _, p := range paperSchedules {
		if p.name == name {
			return p.schedule, true
		}
	}
	return Schedule{}, false
}

// PaperScheduleNames lists the names that PaperSchedule knows.
func PaperScheduleNames() []string {
	names := make([]string, len(paperSchedules))
	for i, p := range paperSchedules {
		names[i] = p.name
	}
	return names
}

// String describes the schedule in words.
func (s Schedule) String() string {
	text := scheduleKinds[s.Kind]
	switch s.Kind {
	case StepDecay:
		text = fmt.Sprintf("×%g every %d epochs", s.Gamma, s.StepEpochs)
	case MultiStepDecay:
		text = fmt.Sprintf("×%g at epochs %s", s.Gamma, strings.Trim(fmt.Sprint(s.Milestones), "[]"))
	case ExponentialDecay:
		text = fmt.Sprintf("×%g every epoch", s.Gamma)
	case CosineDecay:
		text = fmt.Sprintf("cosine over %d epochs", s.Epochs)
	}
	if s.MinFactor > 0 {
		text += fmt.Sprintf(", down to %g", s.MinFactor)
	}
	if s.WarmupUpdates > 0 {
		text += fmt.Sprintf(", after a linear warm-up of %d updates", s.WarmupUpdates)
	}
	return text
}

// ParseScheduleKind returns the kind of a name: constant, step, multistep, exponential, cosine.
func ParseScheduleKind(name string) (ScheduleKind, error) {
	return enum.Parse[ScheduleKind]("schedule", name, scheduleKinds)
}

// Factor is what the base learning rate is multiplied by at an update, counted from 0, when an
// epoch has updatesPerEpoch of them.
func (s Schedule) Factor(update, updatesPerEpoch int) float64 {
	if n := s.WarmupUpdates; n > 0 {
		if update <= n {
			return min(float64(update+1)/float64(n), 1)
		}
		update -= n + 1
	}
	epoch := update / updatesPerEpoch
	switch s.Kind {
	case StepDecay:
		return max(math.Pow(s.Gamma, float64(epoch/s.StepEpochs)), s.MinFactor)
	case MultiStepDecay:
		drops, _ := slices.BinarySearch(s.Milestones, epoch+1)
		return math.Pow(s.Gamma, float64(drops))
	case ExponentialDecay:
		return max(math.Pow(s.Gamma, float64(epoch)), s.MinFactor)
	case CosineDecay:
		done := min(float64(update)/float64(s.Epochs*updatesPerEpoch), 1)
		return s.MinFactor + (1-s.MinFactor)*(1+math.Cos(math.Pi*done))/2
	default:
		return 1
	}
}
