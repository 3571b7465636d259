package input

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Decoder reads numbers of one binary type as float64.
type Decoder struct {
	// Size is the size of a number in bytes.
	Size int

	decode func(b []byte, order binary.ByteOrder, values []float64) []float64
}

// Number is a type of the numbers in files.
type Number interface {
	float64 | float32 | int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64
}

// DecoderOf returns the decoder of a Go type.
func DecoderOf[T Number]() Decoder {
	return DecoderBy(func(v T) float64 { return float64(v) })
}

// DecoderBy returns a decoder that converts numbers to float64 by a function.
func DecoderBy[T Number](convert func(T) float64) Decoder {
	size := binary.Size(T(0))
	decode := func(b []byte, order binary.ByteOrder, values []float64) []float64 {
		var chunk [1024]T
		// Decode piece by piece through a small array to avoid a second copy of all numbers.
		for len(b) >= size {
			raw := chunk[:min(len(b)/size, len(chunk))]
			used, _ := binary.Decode(b, order, raw) // cannot fail: b is long enough for raw
			b = b[used:]
			for _, v := range raw {
				values = append(values, convert(v))
			}
		}

		return values
	}

	return Decoder{size, decode}
}

// Decode returns the numbers in b, whose length must be a multiple of Size.
func (d Decoder) Decode(b []byte, order binary.ByteOrder) []float64 {
	return d.decode(b, order, make([]float64, 0, len(b)/d.Size))
}

// Read reads n numbers. It is an error if r has fewer or more data.
func (d Decoder) Read(r io.Reader, n int, order binary.ByteOrder) ([]float64, error) {
	// Memory grows with the data that are present, since n is only a claim.
	var values []float64
	buffer := make([]byte, 1<<16*d.Size)
	for len(values) < n {
		want := min((n-len(values))*d.Size, len(buffer))
		got, err := io.ReadFull(r, buffer[:want])
		if err != nil {
			return nil, fmt.Errorf(
				"%d numbers are promised, but the data end after %d",
				n,
				len(values)+got/d.Size,
			)
		}

		if len(values)+want/d.Size > cap(values) {
			values = grown(values, n)
		}

		values = d.decode(buffer[:want], order, values)
	}

	// More data than promised mean that the header belongs to another array.
	left, err := io.CopyN(io.Discard, r, 1)
	if left > 0 {
		return nil, fmt.Errorf("%d numbers are promised, but more data follow", n)
	}

	if err != io.EOF {
		return nil, err
	}

	return values, nil
}

// grown returns values in a slice of twice the capacity, but no more than n.
func grown(values []float64, n int) []float64 {
	const firstRoom = 1 << 16
	room := min(max(2*cap(values), firstRoom), n)
	larger := make([]float64, len(values), room)
	copy(larger, values)
	return larger
}

// Float16 returns the number with the given bits in IEEE 754 binary16.
func Float16(bits uint16) float64 {
	sign := 1 - 2*float64(bits>>15)
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	switch {
	case exponent == 0:
		// Numbers with exponent 0 are subnormal: multiples of 2⁻²⁴.
		return sign * math.Ldexp(fraction, -24)
	case exponent == 0x1f && fraction != 0:
		return math.NaN()
	case exponent == 0x1f:
		return sign * math.Inf(1)
	}
	// The leading 1 of the significand is not stored.
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// BFloat16 returns the number whose bits are the upper half of a float32.
func BFloat16(bits uint16) float64 {
	return float64(math.Float32frombits(uint32(bits) << 16))
}
