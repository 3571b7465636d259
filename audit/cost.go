package audit

import (
	"fmt"
	"time"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
)

// What an audit may take of arithmetic operations, about, without Options.Thorough: networks of
// convolutions can take more at a single point than others at all of them.
const (
	// sampleOperations are for the Jacobians at the samples, each of which has about three.
	sampleOperations = 1.5e11
	// searchOperations are for each search for large Jacobians.
	searchOperations = 1e11
	// fewestRounds is how many steps such a search takes at least.
	fewestRounds = 4
	// mostSamplesDrawn is how many samples are drawn by default, fewestSamplesDrawn how many at
	// least.
	mostSamplesDrawn, fewestSamplesDrawn = 1000, 20
)

// evaluation returns how many arithmetic operations the network takes at a point, about.
func evaluation(net *network.Network) float64 {
	return 2 * float64(multiplications(net))
}

// jacobianOperations returns how many arithmetic operations a Jacobian of the network takes, about.
func jacobianOperations(net *network.Network) float64 {
	return evaluation(net) * float64(1+min(net.In(), net.Out()))
}

// effort is what the larger parts of an audit may take, about.
type effort struct {
	whole     time.Duration // each bound of the whole network
	branching time.Duration // branch and bound
	pairs     time.Duration // the bounds of all pairs of outputs
	// operations are for each search for flips or for large changes, of all points; 0 for no limit.
	operations float64
	// branches is how many the enclosure of a small network's constant takes at most within a
	// neighbourhood.
	branches int
}

// effort returns what the parts of this audit may take.
func (o Options) effort() effort {
	if o.Thorough {
		return effort{whole: unlimited, branching: 4 * affordable, pairs: 10 * affordable, branches: 1000}
	}
	return effort{affordable, affordable / 5, affordable, 2e11, 30}
}

// rounds returns how many of most rounds a search takes that costs so many operations a point and
// round.
func (s search) rounds(most int, operations float64) int {
	if s.effort == 0 || s.net.IsDense() {
		return most
	}

	points, _ := s.x.Dims()
	affordable := s.effort / (operations * float64(points))

	return int(min(max(affordable, fewestRounds), float64(most)))
}

// DefaultSamples returns how many samples of n are audited unless somebody says how many: 1000, or
// fewer of a network whose Jacobians take long, with a note that says so.
func DefaultSamples(net *network.Network, n int) (count int, note string) {
	affordable := sampleOperations / (3 * jacobianOperations(net))
	count = int(min(max(affordable, fewestSamplesDrawn), mostSamplesDrawn))
	if count < min(n, mostSamplesDrawn) {
		note = fmt.Sprintf(
			"a Jacobian of this network takes %.2g operations, so %d of the %d samples are audited: "+
				"--samples takes more",
			jacobianOperations(net),
			count,
			n,
		)
	}
	return count, note
}

// searchRounds returns how many rounds a search for large Jacobians climbs, with a note if it could
// climb more. With none, nothing is looked at beyond the samples.
func (o Options) searchRounds(net *network.Network) (rounds int, note string) {
	affordable := searchOperations / (tracker.SearchWork * jacobianOperations(net))
	rounds = int(min(affordable, tracker.MostSearchRounds))
	if o.Thorough || rounds == tracker.MostSearchRounds {
		return tracker.MostSearchRounds, ""
	}

	return rounds, fmt.Sprintf(
		"a Jacobian of this network takes %.2g operations, so the search for the lower bound "+
			"climbs %d of %d rounds, and those for flips and changes may end earlier, too: "+
			"--thorough has them take all",
		jacobianOperations(net),
		rounds,
		tracker.MostSearchRounds,
	)
}
