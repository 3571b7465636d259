// Package npy reads arrays in NumPy's format, also hostile ones. It is a leaf beside
// internal/input.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/sbinet/npyio/npy"

	"github.com/liptrack/liptrack/internal/input"
)

// Array is a NumPy array with its values in C order, last index fastest. A scalar has no axes.
type Array struct {
	Shape  []int
	Values []float64
}

// Parse reads the content of an npy file, an array of real numbers or integers. It tests the
// lengths of header and data itself, because npyio trusts the one and takes what is missing of
// the other for zeros, and turns npyio's panics at malformed headers into errors.
func Parse(b []byte) (a *Array, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed npy header: %v", p)
		}
	}()
	start, err := dataStart(b)
	if err != nil {
		return nil, err
	}
	r, err := npy.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	header, kind := r.Header.Descr, npy.TypeFrom(r.Header.Descr.Type)
	if kind == nil || decoders[kind.Kind()] == nil {
		return nil, fmt.Errorf("type %s is none of float32, float64 and the integers", header.Type)
	}
	n, ok := input.Elements(header.Shape)
	if !ok || len(b)-start != n*int(kind.Size()) {
		return nil, fmt.Errorf("the header promises shape %v of type %s, but %d bytes follow", header.Shape, header.Type, len(b)-start)
	}
	values, err := decoders[kind.Kind()](r, n)
	if err != nil {
		return nil, err
	}
	if header.Fortran && n > 0 {
		values = cOrder(values, header.Shape)
	}
	return &Array{header.Shape, values}, nil
}

// dataStart is where the data of an npy file of version 1 or 2 begin: after six bytes of
// magic, two of version, the length of the header in two or four bytes, and the header.
func dataStart(b []byte) (int, error) {
	start := 0
	if len(b) >= 12 {
		switch b[6] {
		case 1:
			start = 10 + int(binary.LittleEndian.Uint16(b[8:]))
		case 2:
			start = 12 + int(binary.LittleEndian.Uint32(b[8:]))
		}
	}
	if start == 0 || start > len(b) {
		return 0, errors.New("not a whole npy file of version 1 or 2")
	}
	return start, nil
}

// decoders read n values of a type.
var decoders = map[reflect.Kind]func(r *npy.Reader, n int) ([]float64, error){
	reflect.Float32: decode[float32],
	reflect.Float64: decode[float64],
	reflect.Int8:    decode[int8],
	reflect.Int16:   decode[int16],
	reflect.Int32:   decode[int32],
	reflect.Int64:   decode[int64],
	reflect.Uint8:   decode[uint8],
	reflect.Uint16:  decode[uint16],
	reflect.Uint32:  decode[uint32],
	reflect.Uint64:  decode[uint64],
}

type numeric interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

func decode[T numeric](r *npy.Reader, n int) ([]float64, error) {
	raw := make([]T, n)
	if err := r.Read(&raw); err != nil {
		return nil, err
	}
	values := make([]float64, n)
	for i, v := range raw {
		values[i] = float64(v)
	}
	return values, nil
}

// cOrder brings values from Fortran order, first index fastest, to C order.
func cOrder(values []float64, shape []int) []float64 {
	out := make([]float64, 0, len(values))
	var walk func(axis, offset, stride int)
	walk = func(axis, offset, stride int) {
		if axis == len(shape) {
			out = append(out, values[offset])
			return
		}
		for i := range shape[axis] {
			walk(axis+1, offset+i*stride, stride*shape[axis])
		}
	}
	walk(0, 0, 1)
	return out
}
