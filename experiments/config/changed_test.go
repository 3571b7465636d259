package config

import (
	"slices"
	"testing"
)

func TestChangedIsWhatTheFileDoesNotSay(t *testing.T) {
	const file = "name: a\ndescription: 64 units\ndata: {name: gaussian_mixture}\nmodel: {hidden: [64]}\nstop: {epochs: 5}\nsweep: {parameters: {train.optimizer.lr: {values: [0.1, 0.2]}}}\n"
	for _, c := range []struct {
		arguments, environment, want []string
	}{
		{},
		{arguments: []string{"model.hidden=[1024]"}, want: []string{"model.hidden=[1024]"}},
		{arguments: []string{"model.hidden=[64]", "name=b", "seed=7"}},
		{arguments: []string{"track.schedule.every=1", "stop.epochs=5"}},
		{arguments: []string{"train.optimizer.lr=0.1"}, want: []string{"train.optimizer.lr=0.1"}},
		{environment: []string{"LIPTRACK_STOP_EPOCHS=6"}, want: []string{"stop.epochs=6"}},
		{arguments: []string{"model.hidden=[8]", "description=8 units"}},
		{arguments: []string{"model.hidden=8,16"}, want: []string{"model.hidden=8"}},
	} {
		e, err := Load("a.yaml", Options{Text: file, Arguments: c.arguments, Environment: c.environment})
		if err != nil {
			t.Errorf("%q: %v", c.arguments, err)
			continue
		}
		if got := e.Runs[0].Changed; !slices.Equal(got, c.want) {
			t.Errorf("%q %q changed %q, want %q", c.arguments, c.environment, got, c.want)
		}
	}
}
