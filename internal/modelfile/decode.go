package modelfile

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/input"
)

// decoder reads numbers of one type.
type decoder struct {
	size int // bytes
	read func(b []byte, order binary.ByteOrder) []float64
}

// array reads an array that fills b.
func (d decoder) array(name string, shape []int, b []byte, order binary.ByteOrder) (tensor, error) {
	n, ok := input.Elements(shape)
	if !ok || n*d.size != len(b) {
		return tensor{}, fmt.Errorf("%q claims shape %s, but has %d bytes of data, %d each", name, shapeString(shape), len(b), d.size)
	}
	return tensor{name, shape, d.read(b, order)}, nil
}

type number interface {
	float64 | float32 | int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64
}

// decoderOf reads numbers that Go has a type for.
func decoderOf[T number]() decoder {
	return decoderBy(func(v T) float64 { return float64(v) })
}

// decoderBy reads numbers that convert turns into float64.
func decoderBy[T number](convert func(T) float64) decoder {
	size := binary.Size(T(0))
	return decoder{size, func(b []byte, order binary.ByteOrder) []float64 {
		values := make([]float64, 0, len(b)/size)
		var chunk [1024]T
		for len(b) >= size {
			raw := chunk[:min(len(b)/size, len(chunk))]
			used, _ := binary.Decode(b, order, raw) // b has room for raw
			b = b[used:]
			for _, v := range raw {
				values = append(values, convert(v))
			}
		}
		return values
	}}
}

// float16 is the number whose IEEE 754 binary16 representation has the given bits.
func float16(bits uint16) float64 {
	sign, exponent, fraction := 1-2*float64(bits>>15), int(bits>>10&0x1f), float64(bits&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// bfloat16 is the number whose bits are the upper half of a float32.
func bfloat16(bits uint16) float64 {
	return float64(math.Float32frombits(uint32(bits) << 16))
}
