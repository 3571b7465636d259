package trainer

import (
	"fmt"

	"github.com/liptrack/liptrack/network"
)

// SavedNetwork returns the network whose parameters the tensors are, float64 under their names in
// PyTorch, and the names of its layers there. Of the configuration its layers, activations and bias
// count; in is the shape of a point, channels × height × width. It fails where the tensors are not
// those of the layers. Memory grows with the tensors and with the shape, whatever the layers claim.
func SavedNetwork(c Config, in [3]int, classes int, tensors []Tensor) (*network.Network, []string, error) {
	stages, err := c.stages(shapeOf(in), classes)
	if err != nil {
		return nil, nil, err
	}

	// Before the model: layers that claim a huge size are refused by what was really saved.
	err = checkSaved(stages, tensors)
	if err != nil {
		return nil, nil, err
	}

	m, err := newModel[float64](c, shapeOf(in), classes)
	if err != nil {
		return nil, nil, err
	}

	err = m.fill(tensors)
	if err != nil {
		return nil, nil, err
	}

	layers, names := measuredAll(m.layers, m.params)

	return &network.Network{Layers: layers}, names, nil
}

// maxSavedNumbers bounds the numbers that a saved network's layers give and its pools see.
const maxSavedNumbers = 1 << 26

// checkSaved refuses tensors that are not as many numbers as the stages have parameters, and stages
// whose values would not fit in memory.
func checkSaved(stages []stage, tensors []Tensor) error {
	parameters, held := 0, 0
	seen := 0.0
	for i := range stages {
		parameters += stages[i].parameters()
		seen += stages[i].seen()
	}

	for _, t := range tensors {
		values, _ := t.Data.([]float64)
		held += len(values)
	}

	switch {
	case parameters != held:
		return fmt.Errorf("they have %d parameters, and the tensors %d numbers",
			parameters, held)
	case seen > maxSavedNumbers:
		return fmt.Errorf("the values of the layers and the windows of the pools are %.3g numbers: must be "+
			"at most %d", seen, maxSavedNumbers)
	}

	return nil
}

// seen counts the numbers that a stage gives and that the windows of a pool see.
func (s *stage) seen() float64 {
	count := float64(s.out.Size())
	if s.Kind == MaxPoolLayer || s.Kind == AvgPoolLayer {
		count += s.pool.WindowNumbers()
	}
	for i := range s.body {
		count += s.body[i].seen() + float64(s.out.Size()) // the shortcut beside it
	}
	return count
}
