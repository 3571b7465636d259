package modelfile

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"
)

// maxSafetensorsHeader bounds the JSON header, which takes many times its size once decoded.
const maxSafetensorsHeader = 1 << 20

// safetensorsTypes are the types that weights may have.
var safetensorsTypes = map[safetensors.DType]decoder{
	safetensors.F64:  decoderOf[float64](),
	safetensors.F32:  decoderOf[float32](),
	safetensors.F16:  decoderBy(float16),
	safetensors.BF16: decoderBy(bfloat16),
}

// beginsSafetensors looks for the length of the header and the brace that opens it.
func beginsSafetensors(b []byte) bool {
	return len(b) > 8 && b[8] == '{' && binary.LittleEndian.Uint64(b) < uint64(len(b))
}

// parseSafetensors reads the layers named as PyTorch names those of an nn.Module, weights
// out×in, from a state_dict or from a checkpoint of liptrack's, which also says the activations.
func parseSafetensors(b []byte, o Options) (*model, error) {
	if len(b) >= 8 && binary.LittleEndian.Uint64(b) > maxSafetensorsHeader {
		return nil, fmt.Errorf("the header claims %d bytes, more than the %d that are read", binary.LittleEndian.Uint64(b), maxSafetensorsHeader)
	}
	length, header, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, err
	}
	data, infos := b[8+length:], header.Tensors()
	checkpoint := isCheckpoint(header.Metadata())
	var tensors []tensor
	for _, name := range slices.Sorted(maps.Keys(infos)) {
		if checkpoint && !isModelTensor(name) {
			continue
		}
		t, err := safetensor(name, infos[name], data)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	pairs, err := pairUp(tensors)
	if err != nil {
		return nil, err
	}
	m := &model{}
	if err := m.layersOf(pairs, o, false); err != nil {
		return nil, err
	}
	if checkpoint {
		err = m.readActivations(header.Metadata())
	}
	return m, err
}

// safetensor reads a tensor whose place in data ReadMetadata has checked.
func safetensor(name string, info *safetensors.TensorInfo, data []byte) (tensor, error) {
	d, ok := safetensorsTypes[info.DType]
	if !ok {
		return tensor{}, fmt.Errorf("%q holds %v: must be F64, F32, F16 or BF16", name, info.DType)
	}
	var shape []int
	for _, n := range info.Shape {
		shape = append(shape, int(min(n, math.MaxInt32)))
	}
	return d.array(name, shape, data[info.DataOffsets[0]:info.DataOffsets[1]], binary.LittleEndian)
}

// The metadata by which a checkpoint of liptrack's describes its model.
const (
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
	slope, err := strconv.ParseFloat(meta[metaSlope], 64)
	if err != nil {
		return fmt.Errorf("metadata %s is %q: must be a number", metaSlope, meta[metaSlope])
	}
	said, err := Options{Activation: meta[metaActivation], Output: meta[metaOutput], Slope: slope}.activations()
	if err != nil {
		return fmt.Errorf("metadata liptrack.model.*: %w", err)
	}
	return m.setActivations(said)
}
