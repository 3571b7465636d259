package trainer

import (
	"fmt"

	"github.com/liptrack/liptrack/network"
)

// SavedNetwork returns the network with the given parameters, and the names of its layers in
// PyTorch. The tensors are float64, under their names in PyTorch. Only the layers, activations and
// bias of the configuration matter; in is the shape of a point, channels × height × width. It
// returns an error if the tensors do not match the layers. The memory used grows with the tensors
// and the shape, regardless of the sizes that the layers claim.
func SavedNetwork(c Config, in [3]int, classes int, tensors []Tensor) (*network.Network, []string, error) {
	stages, err := c.stages(shapeOf(in), classes)
	if err != nil {
		return nil, nil, err
	}

	// This check comes before the model is built, so layers that claim a huge size are rejected by
	// the size of the tensors.
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

// maxSavedNumbers bounds the numbers in the outputs and in the pools' windows of a saved network.
const maxSavedNumbers = 1 << 26

// checkSaved returns an error if the tensors do not hold as many numbers as the stages have
// parameters, or if the values of the stages would not fit in memory.
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
		return fmt.Errorf("they have %d parameters, but the tensors hold %d numbers",
			parameters, held)
	case seen > maxSavedNumbers:
		return fmt.Errorf("the outputs of the layers and the windows of the pools have %.3g numbers: must be "+
			"at most %d", seen, maxSavedNumbers)
	}

	return nil
}

// seen counts the numbers in the output of a stage and, if it is a pool, in its windows.
func (s *stage) seen() float64 {
	count := float64(s.out.Size())
	if s.Kind == MaxPoolLayer || s.Kind == AvgPoolLayer {
		count += s.pool.WindowNumbers()
	}
	for i := range s.body {
		count += s.body[i].seen() + float64(s.out.Size()) // plus the shortcut
	}
	return count
}
