package modelfile

import (
	"encoding/binary"
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// arrayOf decodes an array. The data b must have exactly the size of its shape.
func arrayOf(
	d input.Decoder,
	name string,
	shape []int,
	b []byte,
	order binary.ByteOrder,
) (tensor, error) {
	n, ok := input.Elements(shape)
	if !ok || n*d.Size != len(b) {
		return tensor{}, fmt.Errorf("%s claims shape %s, but has %d bytes of data, %d each",
			input.Quote(name), shapeString(shape), len(b), d.Size)
	}
	return tensor{name, shape, d.Decode(b, order)}, nil
}
