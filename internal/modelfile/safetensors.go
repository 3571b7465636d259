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

// maxSafetensorsHeader limits the size of the JSON header, since decoding takes many times as much
// memory.
const maxSafetensorsHeader = 1 << 22

// safetensorsTypes holds the supported types of weights.
var safetensorsTypes = map[safetensors.DType]input.Decoder{
	safetensors.F64:  input.DecoderOf[float64](),
	safetensors.F32:  input.DecoderOf[float32](),
	safetensors.F16:  input.DecoderBy(input.Float16),
	safetensors.BF16: input.DecoderBy(input.BFloat16),
}

// beginsSafetensors reports whether b begins with the length of a header and its opening brace.
func beginsSafetensors(b []byte) bool {
	return len(b) > 8 && b[8] == '{' && binary.LittleEndian.Uint64(b) <= maxSafetensorsHeader
}

// parseSafetensors reads layers named as in a PyTorch nn.Module, weights out×in, from a state_dict
// or from a liptrack checkpoint, which also specifies the activations.
func parseSafetensors(b []byte, o Options) (*model, error) {
	if len(b) >= 8 && binary.LittleEndian.Uint64(b) > maxSafetensorsHeader {
		return nil, fmt.Errorf(
			"the header claims %d bytes, more than the limit of %d",
			binary.LittleEndian.Uint64(b),
			maxSafetensorsHeader,
		)
	}

	// Check this before the library does: for two tensors with the same name it reports wrong
	// offsets and names neither.
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
	// Sort, so that errors and notes do not depend on the order of a map.
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

// readDense reads a network of dense layers, with the activations if it is a checkpoint.
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

// wholeIn returns the whole number ≥ 0 in the metadata under a key, or nil if there is none.
func wholeIn(metadata map[string]string, key string) *int {
	// Progress that cannot be parsed is ignored: it is only displayed.
	number, err := strconv.Atoi(metadata[key])
	if err != nil || number < 0 {
		return nil
	}
	return &number
}

// checkDistinct returns an error if a JSON object in the header has two entries with the same name.
// A decoder would keep only the last.
func checkDistinct(header []byte) error {
	var open []map[string]bool // the keys seen in each object around the current token; nil for a list
	isKey := false
	decoder := json.NewDecoder(bytes.NewReader(header))
	for {
		token, err := decoder.Token()
		if err != nil {
			// This is the end, or invalid JSON, which the library reports.
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
				return fmt.Errorf("the header has two entries named %s", input.Quote(t))
			}
			keys[t], isKey = true, false
			continue
		}

		// A value has ended. Within an object, the next token is a key.
		isKey = len(open) > 0 && open[len(open)-1] != nil
	}
}

// safetensor reads a tensor. ReadMetadata has checked its offsets in data.
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
		// Only avoid an overflow here: arrayOf refuses sizes that are too large.
		shape = append(shape, int(min(n, math.MaxInt32)))
	}

	b := data[info.DataOffsets[0]:info.DataOffsets[1]]
	err := read.Take(len(b) / d.Size)
	if err != nil {
		return tensor{}, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	return arrayOf(d, name, shape, b, binary.LittleEndian)
}

// The metadata with which a liptrack checkpoint describes its model.
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

// isModelTensor reports whether a tensor in a checkpoint is a parameter of the model. The others
// are needed to resume training.
func isModelTensor(name string) bool {
	return !strings.HasPrefix(name, "optimizer.") && !strings.HasPrefix(name, "training.")
}

// readActivations sets the activations from the metadata of a checkpoint.
func (m *model) readActivations(meta map[string]string) error {
	said, err := activationsIn(meta)
	if err != nil {
		return err
	}
	return m.setActivations(said)
}

// activationsIn returns the activations in the metadata of a checkpoint.
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
