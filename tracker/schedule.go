package tracker

import (
	"fmt"
	"math"
)

// Schedule reports whether something is measured at an epoch. The first epoch (0) and the last are
// always measured.
type Schedule func(epoch int) bool

// Every measures every n-th epoch, n ≥ 1.
func Every(n int) Schedule {
	return func(epoch int) bool { return epoch%n == 0 }
}

// FirstThenEvery measures every epoch up to first and every n-th epoch after that.
func FirstThenEvery(first, n int) Schedule {
	return func(epoch int) bool { return epoch <= first || epoch%n == 0 }
}

// Logarithmic measures perDecade epochs in each decade, evenly on a log axis: the whole
// numbers nearest to 10^(k/perDecade).
func Logarithmic(perDecade int) Schedule {
	return func(epoch int) bool {
		if epoch == 0 {
			return true
		}
		k := math.Round(math.Log10(float64(epoch)) * float64(perDecade))
		return math.Round(math.Pow(10, k/float64(perDecade))) == float64(epoch)
	}
}

// NewSchedule returns Logarithmic(perDecade) if perDecade is positive, and FirstThenEvery(first, n)
// otherwise.
func NewSchedule(first, n, perDecade int) (Schedule, error) {
	switch {
	case perDecade > 0:
		return Logarithmic(perDecade), nil
	case n < 1 || first < 0:
		return nil, fmt.Errorf(
			"schedule of every %d epochs after the first %d: must be at least 1 and 0", n, first,
		)
	default:
		return FirstThenEvery(first, n), nil
	}
}
