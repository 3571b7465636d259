package tracker

import (
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// Evaluate returns the mean loss of a network over labelled points, in float64, and the fraction of
// them that it classifies correctly. The class of a point is the largest output, of equal ones the
// first.
func Evaluate(net *network.Network, p Probes, objective losses.Objective) (loss, accuracy float64) {
	each, right := make([]float64, p.Len()), newOutcomes(p)
	p.sweep(p, net, net.ForwardCost(), func(pass *network.Pass[float64], from, n int) {
		right.note(pass, from, n)
		outputs := pass.Outputs()
		size := len(outputs) / n
		for i := range n {
			each[from+i] = objective.At(outputs[i*size:(i+1)*size], p.Labels[from+i])
		}
	})

	// In the order of the points, whichever goroutine evaluated them: sums of floats depend on it.
	correct := 0
	for i := range each {
		loss += each[i]
		if right.correct[i] {
			correct++
		}
	}

	n := float64(p.Len())

	return loss / n, float64(correct) / n
}
