package audit

import (
	"fmt"
	"time"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
)

// Approximate limits on the arithmetic operations of an audit without Options.Thorough. A network
// of convolutions can need more for a single point than others for all of them.
const (
	// sampleOperations limits the Jacobians at the samples, about three for each sample.
	sampleOperations = 1.5e11
	// searchOperations limits each search for large Jacobians.
	searchOperations = 1e11
	// fewestRounds is the smallest number of rounds of a search.
	fewestRounds = 4
	// mostSamplesDrawn is the default number of samples, fewestSamplesDrawn the smallest.
	mostSamplesDrawn, fewestSamplesDrawn = 1000, 20
)

// evaluation estimates the number of arithmetic operations of a forward pass at one point.
func evaluation(net *network.Network) float64 {
	return 2 * float64(multiplications(net))
}

// jacobianOperations estimates the number of arithmetic operations of the Jacobian at one point.
func jacobianOperations(net *network.Network) float64 {
	return evaluation(net) * float64(1+min(net.In(), net.Out()))
}

// effort holds approximate limits for the larger parts of an audit.
type effort struct {
	whole     time.Duration // each bound of the whole network
	branching time.Duration // branch and bound
	pairs     time.Duration // the bounds of all pairs of outputs
	// operations limits each search for flips or for large changes, over all points; 0 means no
	// limit.
	operations float64
	// branches limits the branches in enclosing a small network's constant within a neighbourhood.
	branches int
}

// effort returns the limits for the parts of this audit.
func (o Options) effort() effort {
	if o.Thorough {
		return effort{
			whole:     unlimited,
			branching: 4 * affordable,
			pairs:     10 * affordable,
			branches:  1000,
		}
	}
	return effort{affordable, affordable / 5, affordable, 2e11, 30}
}

// rounds returns how many rounds, at most most, a search can afford if a round takes the given
// number of operations per point.
func (s search) rounds(most int, operations float64) int {
	if s.effort == 0 || s.net.IsDense() {
		return most
	}

	points, _ := s.x.Dims()
	affordable := s.effort / (operations * float64(points))

	return int(min(max(affordable, fewestRounds), float64(most)))
}

// DefaultSamples returns how many of n samples are audited by default: 1000, or fewer for a network
// whose Jacobians take long. In that case note says so; otherwise it is empty.
func DefaultSamples(net *network.Network, n int) (count int, note string) {
	affordable := sampleOperations / (3 * jacobianOperations(net))
	count = int(min(max(affordable, fewestSamplesDrawn), mostSamplesDrawn))
	if count < min(n, mostSamplesDrawn) {
		note = fmt.Sprintf(
			"a Jacobian of this network takes %.2g operations, so only %d of the %d samples are audited; "+
				"use --samples for more",
			jacobianOperations(net),
			count,
			n,
		)
	}
	return count, note
}

// searchRounds returns the number of rounds of a search for large Jacobians, with a note if it was
// limited. With 0 rounds, only the samples are evaluated.
func (o Options) searchRounds(net *network.Network) (rounds int, note string) {
	affordable := searchOperations / (tracker.SearchWork * jacobianOperations(net))
	rounds = int(min(affordable, tracker.MostSearchRounds))
	if o.Thorough || rounds == tracker.MostSearchRounds {
		return tracker.MostSearchRounds, ""
	}

	return rounds, fmt.Sprintf(
		"a Jacobian of this network takes %.2g operations, so the search for the lower bound "+
			"takes only %d of %d rounds, and the searches for flips and changes may also end early; "+
			"--thorough runs all rounds",
		jacobianOperations(net),
		rounds,
		tracker.MostSearchRounds,
	)
}
