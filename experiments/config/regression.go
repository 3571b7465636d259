package config

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker"
)

// regressionRules refuses settings that only make sense for classes if data.task is regression.
func (c *Config) regressionRules(s *settings.Set) {
	refuse := func(key string, isOfClasses func() bool, why string) {
		s.Rule(func() string {
			if !c.Data.Options.Regression || !isOfClasses() {
				return ""
			}
			return fmt.Sprintf("%s, and data.task is regression", why)
		}, key, "data.task")
	}

	refuse("train.loss", func() bool { return !c.Train.Loss.HasTargets() },
		"cross_entropy compares classes, want mse or mse_mean")
	refuse("train.temperature", func() bool {
		return c.Train.Temperature != 1
	},
		"scales the logits of classes")
	refuse("stop.train_accuracy", func() bool {
		return c.Train.Stop.TrainAccuracy != 0
	},
		"an accuracy is of classes, want stop.train_loss or stop.grad_norm")
	refuse("track.jacobian.of", func() bool {
		return slices.Contains(c.Track.Options.Jacobian.Of, tracker.Softmax)
	}, "softmax is of classes")
}
