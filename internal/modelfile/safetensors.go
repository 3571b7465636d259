package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/liptrack/liptrack/internal/input"
)

// maxSafetensorsHeader bounds the JSON header, which takes many times its size once decoded.
const maxSafetensorsHeader = 1 << 22

// safetensorsTypes are the types that weights may have.
var safetensorsTypes = map[safetensors.DType]input.Decoder{
	safetensors.F64:  input.DecoderOf[float64](),
	safetensors.F32:  input.DecoderOf[float32](),
	safetensors.F16:  input.DecoderBy(input.Float16),
	safetensors.BF16: input.DecoderBy(input.BFloat16),
}

// beginsSafetensors looks for the length of the header and the brace that opens it.
func beginsSafetensors(b []byte) bool {
	return len(b) > 8 && b[8] == '{' && binary.LittleEndian.Uint64(b) <= maxSafetensorsHeader
}

// parseSafetensors reads the layers named as PyTorch names those of an nn.Module, weights
// out×in, from a state_dict or from a checkpoint of liptrack's, which also says the activations.
func parseSafetensors(b []byte, o Options) (*model, error) {
	if len(b) >= 8 && binary.LittleEndian.Uint64(b) > maxSafetensorsHeader {
		return nil, fmt.Errorf(
			"the header claims %d bytes, more than the %d that are read",
			binary.LittleEndian.Uint64(b),
			maxSafetensorsHeader,
		)
	}

	// Before the library, which finds the places of two tensors of one name at odds and names
	// neither.
	if len(b) >= 8 && binary.LittleEndian.Uint64(b) <= uint64(len(b)-8) {
		err := checkDistinct(b[8 : 8+binary.LittleEndian.Uint64(b)])
		if err != nil {
			return nil, err
		}
	}

	_, header, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, err
	}

	err = checkSum(b, header.Metadata())
	if err != nil {
		return nil, err
	}

	data, infos := b[8+binary.LittleEndian.Uint64(b):], header.Tensors()
	checkpoint := isCheckpoint(header.Metadata())
	var tensors []tensor
	var read input.Quota
	// Sorted, so that errors and notes do not depend on the order of a map.
	for _, name := range slices.Sorted(maps.Keys(infos)) {
		if checkpoint && !isModelTensor(name) {
			continue
		}

		t, err := safetensor(name, infos[name], data, &read)
		if err != nil {
			return nil, err
		}

		tensors = append(tensors, t)
	}

	m := &model{}
	if header.Metadata()[MetaLayers] != "" {
		err = m.readArchitecture(header.Metadata(), tensors, o)
	} else {
		err = m.readDense(header.Metadata(), tensors, o)
	}
	if err != nil || !checkpoint {
		return m, err
	}

	m.epoch, m.step = wholeIn(header.Metadata(), metaEpoch), wholeIn(header.Metadata(), metaStep)
	about, said := header.Metadata()[MetaData]
	if said {
		err = m.readData(about)
	}

	return m, err
}

// readDense makes the layers of dense ones, of a checkpoint with the activations that it says.
func (m *model) readDense(metadata map[string]string, tensors []tensor, o Options) error {
	pairs, err := m.pairUp(tensors, o.Layers)
	if err != nil {
		return err
	}

	err = m.layersOf(pairs, o, false)
	if err != nil || !isCheckpoint(metadata) {
		return err
	}

	return m.readActivations(metadata)
}

// wholeIn returns the whole number that metadata have under a key, nil if they have none.
func wholeIn(metadata map[string]string, key string) *int {
	// Progress that cannot be read is left out: it is shown, and decides nothing.
	number, err := strconv.Atoi(metadata[key])
	if err != nil || number < 0 {
		return nil
	}
	return &number
}

// checkDistinct refuses a header that says two things under one name, of which a decoder keeps
// the last.
func checkDistinct(header []byte) error {
	var open []map[string]bool // the objects around the current place, by the keys seen in them
	isKey := false
	decoder := json.NewDecoder(bytes.NewReader(header))
	for {
		token, err := decoder.Token()
		if err != nil {
			// At the end; what is no JSON the library refuses.
			return nil
		}

		switch t := token.(type) {
		case json.Delim:
			if t == '{' {
				open, isKey = append(open, map[string]bool{}), true
				continue
			}
			if t == '[' {
				open = append(open, nil)
				continue
			}
			open = open[:len(open)-1]
		case string:
			if !isKey {
				break
			}
			keys := open[len(open)-1]
			if keys[t] {
				return fmt.Errorf("the header has two entries %s", input.Quote(t))
			}
			keys[t], isKey = true, false
			continue
		}

		// Here a value ended, after which an object goes on with a key.
		isKey = len(open) > 0 && open[len(open)-1] != nil
	}
}

// safetensor reads a tensor whose place in data ReadMetadata has checked.
func safetensor(
	name string,
	info *safetensors.TensorInfo,
	data []byte,
	read *input.Quota,
) (tensor, error) {
	d, ok := safetensorsTypes[info.DType]
	if !ok {
		return tensor{}, fmt.Errorf("%q holds %v: must be F64, F32, F16 or BF16",
			name, info.DType)
	}
	var shape []int
	for _, n := range info.Shape {
		// A size beyond what fits in memory is refused by arrayOf; here it must only not overflow.
		shape = append(shape, int(min(n, math.MaxInt32)))
	}

	b := data[info.DataOffsets[0]:info.DataOffsets[1]]
	err := read.Take(len(b) / d.Size)
	if err != nil {
		return tensor{}, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	return arrayOf(d, name, shape, b, binary.LittleEndian)
}

// The metadata by which a checkpoint of liptrack's describes its model.
const (
	metaEpoch      = "liptrack.epoch"
	metaStep       = "liptrack.step"
	metaActivation = "liptrack.model.activation"
	metaSlope      = "liptrack.model.slope"
	metaOutput     = "liptrack.model.output"
)

func isCheckpoint(meta map[string]string) bool {
	_, ok := meta[metaActivation]
	return ok
}

// isModelTensor tells the parameters in a checkpoint from what else it needs to go on training.
func isModelTensor(name string) bool {
	return !strings.HasPrefix(name, "optimizer.") && !strings.HasPrefix(name, "training.")
}

// readActivations sets the activations that a checkpoint's metadata say.
func (m *model) readActivations(meta map[string]string) error {
	said, err := activationsIn(meta)
	if err != nil {
		return err
	}
	return m.setActivations(said)
}

// activationsIn returns the activations that a checkpoint's metadata say.
func activationsIn(meta map[string]string) (activations, error) {
	slope, err := strconv.ParseFloat(meta[metaSlope], 64)
	if err != nil {
		return activations{}, fmt.Errorf(
			"metadata %s is %q: must be a number",
			metaSlope,
			meta[metaSlope],
		)
	}

	said, err := Options{
		Activation: meta[metaActivation],
		Output:     meta[metaOutput],
		Slope:      &slope,
	}.activations()
	if err != nil {
		return activations{}, fmt.Errorf("metadata liptrack.model.*: %w", err)
	}
	return said, nil
}
