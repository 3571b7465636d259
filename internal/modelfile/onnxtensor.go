package modelfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
)

// The fields of TensorProto in onnx.proto. Numbers are in the raw bytes or in the field of their
// type, item by item or packed in a block.
const (
	tensorDims     = 1 << 3
	tensorType     = 2<<3 | varint
	tensorFloats   = 4 << 3
	tensorInt32s   = 5 << 3
	tensorTexts    = 6<<3 | block
	tensorInt64s   = 7 << 3
	tensorName     = 8<<3 | block
	tensorRaw      = 9<<3 | block
	tensorDoubles  = 10 << 3
	tensorExternal = 13<<3 | block  // a key-value entry about the other file
	tensorLocation = 14<<3 | varint // 1 for data in another file

	entryKey   = 1<<3 | block
	entryValue = 2<<3 | block
)

// Types of tensors that the code refers to.
const (
	onnxFloat    = 1
	onnxBool     = 9
	onnxFloat16  = 10
	onnxDouble   = 11
	onnxBFloat16 = 16
)

// onnxTypes holds the supported types of tensors. Integers and booleans occur in shapes and
// settings.
var onnxTypes = map[uint64]input.Decoder{
	onnxFloat:    input.DecoderOf[float32](),
	6:            input.DecoderOf[int32](),
	7:            input.DecoderOf[int64](),
	onnxBool:     input.DecoderOf[uint8](),
	onnxFloat16:  input.DecoderBy(input.Float16),
	onnxDouble:   input.DecoderOf[float64](),
	onnxBFloat16: input.DecoderBy(input.BFloat16),
}

// onnxTensor is a tensor that has not been decoded yet.
type onnxTensor struct {
	name     string
	shape    []int
	kind     uint64
	raw      []byte // nil if the numbers are in typed
	typed    []float64
	texts    []string // for a tensor of texts, which has no numbers
	external bool     // whether the numbers are in another file, at data
	data     externalData
	// transposed is set if the stored numbers are those of the transpose.
	transposed bool
}

func (r *protoReader) readTensor(b []byte) (onnxTensor, error) {
	t := onnxTensor{data: externalData{length: -1}}
	var dims []float64
	err := r.fields(b, func(tag, number uint64, data []byte) (err error) {
		// Protobuf packs repeated numbers into one block or writes them one by one.
		switch tag {
		case tensorName:
			t.name = string(data)
		case tensorType:
			t.kind = number
		case tensorRaw:
			t.raw = data
		case tensorExternal:
			err = t.data.readEntry(r, data)
		case tensorLocation:
			t.external = number == 1
		case tensorTexts:
			t.texts = append(t.texts, string(data))
		case tensorDims | varint:
			dims = append(dims, int64Of(number))
		case tensorDims | block:
			dims, err = r.appendNumbers(dims, varint, data, int64Of)
		case tensorFloats | fixed32:
			t.typed = append(t.typed, float32Of(number))
		case tensorFloats | block:
			t.typed, err = r.appendNumbers(t.typed, fixed32, data, float32Of)
		case tensorDoubles | fixed64:
			t.typed = append(t.typed, math.Float64frombits(number))
		case tensorDoubles | block:
			t.typed, err = r.appendNumbers(t.typed, fixed64, data, math.Float64frombits)
		case tensorInt32s | varint, tensorInt64s | varint:
			t.typed = append(t.typed, int64Of(number))
		case tensorInt32s | block, tensorInt64s | block:
			t.typed, err = r.appendNumbers(t.typed, varint, data, int64Of)
		}

		return err
	})

	for _, d := range dims {
		t.shape = append(t.shape, int(d))
	}

	return t, err
}

func float32Of(bits uint64) float64 {
	return float64(math.Float32frombits(uint32(bits)))
}

func int64Of(bits uint64) float64 {
	return float64(int64(bits))
}

// transpose returns the transpose of a matrix.
func (t onnxTensor) transpose() (onnxTensor, error) {
	if len(t.shape) != 2 {
		return t, fmt.Errorf("%q (%s) is not a matrix", t.name, shapeString(t.shape))
	}
	// The numbers are transposed when they are decoded.
	t.shape, t.transposed = []int{t.shape[1], t.shape[0]}, !t.transposed
	return t, nil
}

// decode returns the tensor with a copy of its numbers.
func (t onnxTensor) decode() (tensor, error) {
	if !t.transposed {
		return t.decodeStored()
	}
	stored, err := t.transpose()
	if err != nil {
		return tensor{}, err
	}
	d, err := stored.decodeStored()
	if err != nil {
		return tensor{}, err
	}
	return d.transpose(), nil
}

func (t onnxTensor) decodeStored() (tensor, error) {
	if t.external {
		return tensor{}, fmt.Errorf(
			"the data of %s are in another file, which is supported only for the graph's own tensors",
			input.Quote(t.name),
		)
	}

	d, ok := onnxTypes[t.kind]
	if !ok {
		return tensor{}, fmt.Errorf(
			"%q has ONNX type %d: must be float, double, float16 or bfloat16",
			t.name,
			t.kind,
		)
	}

	// Most exporters write raw bytes, which the specification defines as little-endian.
	if t.raw != nil {
		return arrayOf(d, t.name, t.shape, t.raw, binary.LittleEndian)
	}

	if n, ok := input.Elements(t.shape); !ok || n != len(t.typed) {
		return tensor{}, fmt.Errorf(
			"%q claims shape %s, but has %d numbers",
			t.name,
			shapeString(t.shape),
			len(t.typed),
		)
	}

	// Copy, since tensors may share their numbers and callers change decoded ones in place.
	values := slices.Clone(t.typed)
	for i, v := range values {
		// The bits of these types are stored as integers.
		switch t.kind {
		case onnxFloat16:
			values[i] = input.Float16(uint16(v))
		case onnxBFloat16:
			values[i] = input.BFloat16(uint16(v))
		}
	}

	return tensor{t.name, t.shape, values}, nil
}
