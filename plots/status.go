package plots

import "github.com/liptrack/liptrack/tracker/series"

// status says in a word how a run ended, as far as its series and its configuration tell.
func status(t *series.Table) string {
	asked, known := configInt(t, keyEpochs)
	_, gone := diverged(t)
	switch {
	case gone:
		return "diverged"
	case targetReached(t):
		return "converged"
	case givenUp(t):
		return "gave_up"
	case t.Truncated || known && lastEpoch(t) < asked:
		return "unfinished"
	}
	return "completed"
}

// targetReached reports whether the run ended at a gradient norm, a training loss or a
// training accuracy that its configuration names as a target.
func targetReached(t *series.Table) bool {
	norm, loss, accuracy := configFloat(t, keyGradNorm), configFloat(t, keyTrainLoss), configFloat(t, keyAccuracy)
	last := func(metric string) float64 { return final(t.Curve(metric, "")) }
	return norm > 0 && last(series.GradNorm) <= norm ||
		loss > 0 && last(series.TrainLoss) <= loss ||
		accuracy > 0 && last(series.TrainAccuracy) >= accuracy
}

// givenUp reports whether the run ended at the epoch at which its configuration gives it up if the
// training loss is too high, as it was.
func givenUp(t *series.Table) bool {
	epoch, _ := configInt(t, keyGiveUp)
	return epoch > 0 && lastEpoch(t) == epoch && final(t.Curve(series.TrainLoss, "")) > configFloat(t, keyGiveUpLoss)
}

// diverged returns the first epoch from which on the training loss, or else the lower bound,
// is NaN or infinite to the end; ok is false for a run that did not diverge.
func diverged(t *series.Table) (epoch int, ok bool) {
	for _, metric := range []string{series.TrainLoss, series.LowerBound} {
		c := t.Curve(metric, "")
		if c == nil || len(c.Values) == 0 || finite(final(c)) {
			continue
		}
		i := len(c.Values) - 1
		for i > 0 && !finite(c.Values[i-1]) {
			i--
		}
		return c.Epochs[i], true
	}
	return 0, false
}
