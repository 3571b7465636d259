package audit

import (
	"fmt"

	"github.com/liptrack/liptrack/network"
)

// Task is the purpose of a network's outputs.
type Task string

const (
	// Auto means Classification for several outputs or a single sigmoid, otherwise Regression.
	Auto Task = "auto"
	// Classification: the largest output decides. A single output decides by whether it is above 0,
	// or above ½ if it is a sigmoid.
	Classification Task = "classification"
	// Regression: the outputs are the result.
	Regression Task = "regression"
)

// ParseTask returns the task with the given name: auto, classification or regression.
func ParseTask(name string) (Task, error) {
	switch t := Task(name); t {
	case Auto, Classification, Regression:
		return t, nil
	}
	return "", fmt.Errorf(
		"unknown task %q: must be one of %s, %s, %s",
		name,
		Auto,
		Classification,
		Regression,
	)
}

// Classes returns the number of classes that the network distinguishes, 0 for a regression.
func (t Task) Classes(net *network.Network) (int, error) {
	c, err := t.classifier(net)
	if c == nil {
		return 0, err
	}
	return c.Out(), nil
}

// classifier returns a network whose largest output is the decision of net, or nil for a
// regression.
//
// A strictly increasing activation on the outputs changes no decision and is removed. A single
// output becomes the second of two outputs, the first of which is always 0.
func (t Task) classifier(net *network.Network) (*network.Network, error) {
	net = endingInMatrix(net)
	last := net.Last()
	single := net.Out() == 1
	switch {
	// One linear output without a sigmoid is a regression unless the user says otherwise.
	case t == Regression, t != Classification && single && last.Activation.Name() != "sigmoid":
		return nil, nil
	case !last.Activation.Rises() && t != Classification:
		return nil, nil
	case !last.Activation.Rises():
		return nil, fmt.Errorf(
			"the task is classification, but %v on the outputs can make unequal outputs equal or reverse their order: "+
				"give the network without it, or set the task to regression",
			last.Activation,
		)
	case single && !net.EndsInLogit():
		return nil, fmt.Errorf(
			"the task is classification with one output, which must be a sigmoid or have no activation, not %v; "+
				"otherwise set the task to regression",
			last.Activation,
		)
	case single:
		// A single output f decides by f > 0, so it competes with an output that is always 0.
		return net.AgainstZero(), nil
	}

	return withLast(net, network.Layer{Weight: last.Weight, Bias: last.Bias}), nil
}
