package audit

import (
	"fmt"

	"github.com/liptrack/liptrack/network"
)

// Task is what a network's outputs are for.
type Task string

const (
	// Auto is Classification for several outputs or a single sigmoid, else Regression.
	Auto Task = "auto"
	// Classification: the largest output is the decision; of a single one, whether it is above 0,
	// or a sigmoid above ½.
	Classification Task = "classification"
	// Regression: the outputs are the result.
	Regression Task = "regression"
)

// ParseTask returns the task of a name: auto, classification or regression.
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

// Classes returns the number of classes that the network tells apart, 0 for a regression.
func (t Task) Classes(net *network.Network) (int, error) {
	c, err := t.classifier(net)
	if c == nil {
		return 0, err
	}
	return c.Out(), nil
}

// classifier returns the network whose largest output is the decision of net, nil for a regression.
//
// An activation on the outputs that rises strictly changes no decision and is left out. A
// single output becomes the second of two, of which the first is always 0.
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
			"the task is classification, but %v on the outputs can make unequal outputs equal, or turn their order: "+
				"give the network without it, or say that the task is regression",
			last.Activation,
		)
	case single && !net.EndsInLogit():
		return nil, fmt.Errorf(
			"the task is classification with one output, which must be a sigmoid or have no activation, not %v; "+
				"else say that the task is regression",
			last.Activation,
		)
	case single:
		// f > 0 decides a single output, so it competes with an output that is always 0.
		return net.AgainstZero(), nil
	}

	return withLast(net, network.Layer{Weight: last.Weight, Bias: last.Bias}), nil
}
